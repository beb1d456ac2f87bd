public import BelayHTTP
private import Glibc
private import Synchronization

public enum RedisOutcome: Sendable {
  /// One for each command.
  case answered([RedisReply], isCut: Bool)
  /// This command has failed; those before it were done, those after it were not sent.
  case refused(command: Int, message: String)
  /// `sent`: a command has left.
  case unanswered(TransferError)
}

/// Commands for Redis, each attempt with a connection and a thread of its own.
public final class RedisClient: Sendable {
  private let brakes = Mutex<[String: StreamBrake]>([:])
  /// Called on a thread of the client's.
  private let finished: @Sendable (String, RedisOutcome) -> Void

  public init(finished: @escaping @Sendable (String, RedisOutcome) -> Void) { self.finished = finished }

  private final class Work: Sendable {
    let client: RedisClient
    let call: RedisCall
    let id: String
    let brake: StreamBrake

    init(_ client: RedisClient, _ call: RedisCall, _ id: String, _ brake: StreamBrake) {
      self.client = client
      self.call = call
      self.id = id
      self.brake = brake
    }

    func run() {
      let outcome = call.run(brake)
      _ = client.brakes.withLock { $0.removeValue(forKey: id) }
      client.finished(id, outcome)
    }
  }

  /// - Throws: when there is no thread or descriptor for it: nothing was started.
  public func start(_ call: RedisCall, id: String) throws(CurlError) {
    let brake = try StreamBrake()
    brakes.withLock { $0[id] = brake }
    let work = Unmanaged.passRetained(Work(self, call, id, brake))
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { context in
        context.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    guard error == 0 else {
      work.release()
      _ = brakes.withLock { $0.removeValue(forKey: id) }
      throw CurlError(message: "no thread for Redis: \(String(cString: strerror(error)))")
    }
    pthread_detach(thread)
  }

  /// Breaks it off; nothing happens if it has ended.
  public func stop(_ id: String, reason: String) { brakes.withLock { $0[id] }?.pull(reason) }
}

/// Commands for one server, complete: what is secret in them stands in them as it is.
public struct RedisCall: Sendable {
  public var url: String
  public var commands: [[String]]
  /// Of the whole, nanoseconds.
  public var timeout: Int64
  /// Bytes of all answers together.
  public var keeps = 1 << 20

  public init(url: String, commands: [[String]], timeout: Int64) {
    self.url = url
    self.commands = commands
    self.timeout = timeout
  }

  func run(_ brake: StreamBrake) -> RedisOutcome {
    guard let address = RedisAddress(url) else {
      let help = "the URL is none of redis://user:password@host:port/database"
      return .unanswered(TransferError(.parse, help, sent: false))
    }
    var hasSent = false
    do {
      let stream = try ByteStream(
        host: address.host, port: address.port, usesTLS: address.usesTLS, timeout: timeout, brake: brake)
      var reader = ReplyReader(room: keeps)
      func ask(_ command: [String]) throws -> RedisReply {
        try stream.send(RedisCall.bytes(of: command))
        return try reader.next { try stream.receive(upTo: 64 << 10) }
      }
      try RedisCall.greet(address, ask)
      var replies: [RedisReply] = []
      for (number, command) in commands.enumerated() {
        hasSent = true
        let reply = try ask(command)
        if case .error(let message) = reply { return .refused(command: number, message: message) }
        replies.append(reply)
      }
      return .answered(replies, isCut: reader.isCut)
    } catch let error as TransferError {
      return .unanswered(TransferError(error.kind, error.message, sent: hasSent))
    } catch ReplyReader.Mistake.malformed(let what) {
      return .unanswered(TransferError(.parse, "this is no answer of Redis: \(what)", sent: hasSent))
    } catch { return .unanswered(TransferError(.parse, "\(error)", sent: hasSent)) }
  }

  /// RESP3 where the server speaks it, since 6.0: its answers have types. Who it is, and which database.
  private static func greet(_ address: RedisAddress, _ ask: ([String]) throws -> RedisReply) throws {
    let hasLogin = !address.password.isEmpty
    let login = [address.user.isEmpty ? "default" : address.user, address.password]
    let hello = try ask(["HELLO", "3"] + (hasLogin ? ["AUTH"] + login : []))
    if case .error(let message) = hello {
      guard message.hasPrefix("ERR") || message.hasPrefix("NOPROTO") else { throw refused(message) }
      if hasLogin {
        let auth = try ask(["AUTH"] + (address.user.isEmpty ? [address.password] : login))
        if case .error(let message) = auth { throw refused(message) }
      }
    }
    guard address.database != 0 else { return }
    if case .error(let message) = try ask(["SELECT", "\(address.database)"]) { throw refused(message) }
  }

  private static func refused(_ message: String) -> TransferError {
    TransferError(.connect, "Redis refuses the connection: \(message)", sent: false)
  }

  private static func bytes(of command: [String]) -> [UInt8] {
    var bytes = Array("*\(command.count)\r\n".utf8)
    for argument in command {
      bytes += Array("$\(argument.utf8.count)\r\n".utf8) + Array(argument.utf8) + [13, 10]
    }
    return bytes
  }
}
