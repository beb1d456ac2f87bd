public import BelayEngine
public import BelayJournal
private import BelayModel
private import CSystem
private import Glibc

/// What another process asks of the engine that drives a run: over a socket in the run's folder.
///
/// One JSON object a connection: `{"request":"pause"}`, by the same user, answered by one line at once; or
/// `{"request":"decide",…}`, by anyone who may write to the run's folder, answered when it is on the record. The kernel
/// says who asks.
final class ControlSocket {
  enum Request {
    case stop(StopRequest, by: Actor)
    /// The ticket is for the reply.
    case decide(Proposal, by: Actor, ticket: Int)
  }

  static let name = "drive.sock"
  private static let requestLimit = 65_536

  let descriptor: Int32
  /// Of those that wait for a reply.
  private var waiting: [Int: Int32] = [:]
  private var tickets = 0

  /// - Parameter folder: the run's folder; whoever listens there holds the driver lock, so a socket that is left
  ///   over from a dead engine is nobody's. Who may write there may connect.
  init(folder: String) throws(SystemError) {
    let place = try SocketPlace(folder: folder, name: ControlSocket.name)
    unlink(place.path)
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
    guard descriptor >= 0 else { throw SystemError("socket", folder) }
    var facts = stat()
    let isShared = stat(folder, &facts) == 0 && facts.st_mode & 0o020 != 0
    guard place.with({ bind(descriptor, $0, $1) }) == 0, chmod(place.path, isShared ? 0o660 : 0o600) == 0,
      listen(descriptor, 8) == 0
    else {
      let error = SystemError("bind", place.path)
      close(descriptor)
      throw error
    }
  }

  deinit {
    for connection in waiting.values { close(connection) }
    close(descriptor)
  }

  /// Takes one waiting request; nil when there is none, or it was none.
  func take() -> Request? {
    let connection = accept(descriptor, nil, nil)
    guard connection >= 0 else { return nil }
    guard let request = request(from: connection) else {
      close(connection)
      return nil
    }
    return request
  }

  private func request(from connection: Int32) -> Request? {
    guard let actor = Caller.actor(of: connection), let json = ControlSocket.message(from: connection) else {
      return nil
    }
    if json["request"]?.string == "decide", let proposal = Proposal(json) {
      tickets += 1
      waiting[tickets] = connection
      return .decide(proposal, by: actor, ticket: tickets)
    }
    guard let stop = json["request"]?.string.flatMap(StopRequest.init(rawValue:)), Caller.isTrusted(actor)
    else {
      return nil
    }
    ControlSocket.send(.object(["accepted": .bool(true)]), to: connection)
    close(connection)
    return .stop(stop, by: actor)
  }

  /// Tells who waits with a ticket what has become of it.
  func reply(_ reply: Reply, to ticket: Int) {
    guard let connection = waiting.removeValue(forKey: ticket) else { return }
    ControlSocket.send(reply.json, to: connection)
    close(connection)
  }

  private static func send(_ json: JSON, to connection: Int32) {
    let line = Array((json.text + "\n").utf8)
    _ = Glibc.send(connection, line, line.count, Int32(MSG_NOSIGNAL))
  }

  /// All that is sent until the sender has shut its side, within a moment: the engine has other things to do.
  private static func message(from connection: Int32, patience: Int = 100) -> JSON? {
    var patience = timeval(tv_sec: patience / 1000, tv_usec: patience % 1000 * 1000)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: requestLimit)
    while bytes.count <= requestLimit {
      let count = recv(connection, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += buffer[..<count]
      // A sender that waits for the answer before it shuts its side has sent one line.
      if bytes.last == UInt8(ascii: "\n") { break }
    }
    return try? JSON(parsing: bytes)
  }

  // MARK: The other side

  /// Asks the engine that drives the run in a folder.
  ///
  /// - Returns: false when no engine listens.
  static func ask(_ request: StopRequest, folder: String) -> Bool {
    exchange(.object(["request": .string(request.rawValue)]), folder: folder, patience: 5_000) != nil
  }

  /// - Returns: nil when no engine listens, or it has died before it could answer.
  static func propose(_ proposal: Proposal, folder: String) -> Reply? {
    exchange(proposal.json, folder: folder, patience: 30_000).flatMap(Reply.init)
  }

  private static func exchange(_ message: JSON, folder: String, patience: Int) -> JSON? {
    guard let place = try? SocketPlace(folder: folder, name: name) else { return nil }
    let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    guard connection >= 0 else { return nil }
    defer { close(connection) }
    guard place.with({ connect(connection, $0, $1) }) == 0 else { return nil }
    let text = Array((message.text + "\n").utf8)
    guard Glibc.send(connection, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else { return nil }
    return self.message(from: connection, patience: patience)
  }
}

/// Asks the engine that drives a run to stop; for the commands `pause` and `cancel`.
public func askDriver(_ request: StopRequest, runFolder: String) -> Bool {
  ControlSocket.ask(request, folder: runFolder)
}

/// Puts a person's word to the engine that drives a run.
///
/// - Returns: what became of it, on the record if it was accepted; nil when no engine listens or it has died meanwhile:
///   the word may be on the record all the same.
public func propose(_ proposal: Proposal, runFolder: String) -> Reply? {
  ControlSocket.propose(proposal, folder: runFolder)
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
