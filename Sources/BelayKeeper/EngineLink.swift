internal import CSystem
internal import Glibc

/// The keeper's end of a connection to an engine.
final class EngineLink {
  let file: Descriptor
  /// The other side, as the kernel knows it; 0 when it does not.
  let peer: Int32
  private var input = FrameBuffer()
  private var output: [UInt8] = []
  private(set) var isOver = false

  /// Nil for another user's connection.
  init?(_ file: Descriptor) {
    var credentials = ucred()
    var size = socklen_t(MemoryLayout<ucred>.size)
    guard getsockopt(file.number, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0,
      credentials.uid == getuid()
    else { return nil }
    self.file = file
    peer = credentials.pid
    _ = fcntl(file.number, F_SETFL, O_NONBLOCK)
  }

  var hasUnsent: Bool { !output.isEmpty }

  /// Reads what is there.
  func fill() { isOver = isOver || input.fill(from: file) }

  /// The next whole frame that was read; what is no frame ends the connection. Once the other end has closed nothing
  /// comes any more, whatever it had asked for.
  func next() -> (Frame.Kind, ByteReader)? {
    if isOver { return nil }
    do { return try input.next() } catch {
      isOver = true
      return nil
    }
  }

  /// Queues; `flush` sends.
  func send(_ frame: [UInt8]) { output += frame }

  func flush() {
    if output.isEmpty { return }
    var sent = 0
    while sent < output.count, !isOver {
      let count = output.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return Glibc.send(file.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        break
      } else if errno != EINTR {
        isOver = true
      }
    }
    if sent == output.count {
      output.removeAll(keepingCapacity: sent < 1 << 16)
    } else {
      output.removeFirst(sent)
    }
  }

  /// Nothing is read or sent any more; the other end sees that at once, whoever else holds this object.
  func end() {
    isOver = true
    shutdown(file.number, Int32(SHUT_RDWR))
  }
}
