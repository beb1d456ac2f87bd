private import BelayHTTP
public import BelayTransport

public enum RedisOutcome: Sendable {
  /// One for each command.
  case answered([RedisReply], isCut: Bool)
  /// This command has failed; those before it were done, those after it were not sent.
  case refused(command: Int, message: String)
  /// It may have happened when a command has left.
  case unanswered(Silence)
}

/// Commands for one server, complete: what is secret in them stands in them as it is.
public struct RedisCall: BlockingCall {
  public var url: String
  public var commands: [[String]]
  /// Of the whole; of all answers together.
  public var limits: CallLimits

  public init(url: String, commands: [[String]], limits: CallLimits) {
    self.url = url
    self.commands = commands
    self.limits = limits
  }

  public func run(_ brake: Brake, finished: (RedisOutcome) -> Void) { finished(outcome(brake)) }

  private func outcome(_ brake: Brake) -> RedisOutcome {
    guard let address = RedisAddress(url) else {
      let help = "the URL is none of redis://user:password@host:port/database"
      return .unanswered(Silence(.parse, help, mayHaveHappened: false))
    }
    var hasSent = false
    do {
      let stream = try ByteStream(
        host: address.host, port: address.port, usesTLS: address.usesTLS, timeout: limits.timeout,
        brake: brake)
      var reader = ReplyReader(room: limits.keeps)
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
    } catch let error as Silence {
      return .unanswered(Silence(error.kind, error.message, mayHaveHappened: hasSent))
    } catch ReplyReader.Mistake.malformed(let what) {
      return .unanswered(Silence(.parse, "this is no answer of Redis: \(what)", mayHaveHappened: hasSent))
    } catch { return .unanswered(Silence(.parse, "\(error)", mayHaveHappened: hasSent)) }
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

  private static func refused(_ message: String) -> Silence {
    Silence(.connect, "Redis refuses the connection: \(message)", mayHaveHappened: false)
  }

  private static func bytes(of command: [String]) -> [UInt8] {
    var bytes = Array("*\(command.count)\r\n".utf8)
    for argument in command {
      bytes += Array("$\(argument.utf8.count)\r\n".utf8) + Array(argument.utf8) + [13, 10]
    }
    return bytes
  }
}
