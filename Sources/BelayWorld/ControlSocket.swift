public import BelayJournal
private import BelayModel
private import CSystem
private import Glibc

/// What another process asks of the engine that drives a run: over a socket in the run's folder, by the same user.
///
/// One JSON object a connection, `{"request":"pause"}`, answered by one line. The kernel says who asks.
final class ControlSocket {
  static let name = "drive.sock"
  private static let requestLimit = 4096

  let descriptor: Int32

  /// - Parameter folder: the run's folder; whoever listens there holds the driver lock, so a socket that is left
  ///   over from a dead engine is nobody's.
  init(folder: String) throws(SystemError) {
    let place = try SocketPlace(folder: folder, name: ControlSocket.name)
    unlink(place.path)
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
    guard descriptor >= 0 else { throw SystemError("socket", folder) }
    guard place.with({ bind(descriptor, $0, $1) }) == 0, chmod(place.path, 0o600) == 0,
      listen(descriptor, 8) == 0
    else {
      let error = SystemError("bind", place.path)
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Takes one waiting request; nil when there is none, or it was none.
  func take() -> (StopRequest, Actor)? {
    let connection = accept(descriptor, nil, nil)
    guard connection >= 0 else { return nil }
    defer { close(connection) }
    var patience = timeval(tv_sec: 0, tv_usec: 100_000)
    setsockopt(
      connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var buffer = [UInt8](repeating: 0, count: ControlSocket.requestLimit)
    let count = recv(connection, &buffer, buffer.count, 0)
    guard count > 0, let actor = Caller.actor(of: connection),
      let json = try? JSON(parsing: buffer[..<count]),
      let request = json["request"]?.string.flatMap(StopRequest.init(rawValue:))
    else { return nil }
    let answer = Array("{\"accepted\":true}\n".utf8)
    _ = Glibc.send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
    return (request, actor)
  }

  /// Asks the engine that drives the run in a folder.
  ///
  /// - Returns: false when no engine listens.
  static func ask(_ request: StopRequest, folder: String) -> Bool {
    guard let place = try? SocketPlace(folder: folder, name: name) else { return false }
    let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    guard connection >= 0 else { return false }
    defer { close(connection) }
    guard place.with({ connect(connection, $0, $1) }) == 0 else { return false }
    let text = Array(JSON.object(["request": .string(request.rawValue)]).text.utf8)
    guard Glibc.send(connection, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else {
      return false
    }
    var answer = [UInt8](repeating: 0, count: 64)
    return recv(connection, &answer, answer.count, 0) > 0
  }
}

/// Asks the engine that drives a run to stop; for the commands `pause` and `cancel`.
public func askDriver(_ request: StopRequest, runFolder: String) -> Bool {
  ControlSocket.ask(request, folder: runFolder)
}

/// A socket's address by the folder's descriptor: sun_path holds 108 bytes only (unix(7)), folders may be deeper.
private final class SocketPlace {
  private let folder: Int32
  let path: String

  init(folder: String, name: String) throws(SystemError) {
    self.folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)
    guard self.folder >= 0 else { throw SystemError("open", folder) }
    path = "/proc/self/fd/\(self.folder)/\(name)"
  }

  deinit { close(folder) }

  func with(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
