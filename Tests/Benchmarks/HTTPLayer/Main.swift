import BelayHTTP
import BelayTransport
import BelayWorld
import Glibc

/// As http_loop.c, by the way that a check's request takes: N requests one after the other through ``HTTPLoop``, whose
/// descriptor is waited for as the engine's loop does. Arguments: N, the URL. Prints the seconds.
@main enum HTTPLayer {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let count = Int(arguments[1]) else { exit(2) }
    let loop = try HTTPLoop(agent: "belay")
    let began = Monotonic.now()
    for number in 0..<count {
      guard isGood(ask(arguments[2], number, loop)) else { exit(1) }
    }
    let microseconds = (Monotonic.now() - began) / 1000
    print(Double(microseconds) / 1e6)
  }

  private static func ask(_ url: String, _ number: Int, _ loop: HTTPLoop) -> HTTPOutcome? {
    let call = HTTPCall(method: "GET", url: url, limits: CallLimits(timeout: 60_000_000_000))
    loop.start(call, id: "1.\(number)")
    while true {
      var wanted = pollfd(fd: loop.descriptor, events: Int16(POLLIN), revents: 0)
      let rest = loop.due.map { ($0 - Monotonic.now() + 999_999) / 1_000_000 }
      poll(&wanted, 1, Int32(clamping: rest.map { max(0, $0) } ?? -1))
      if let ended = loop.take().first { return ended.outcome }
    }
  }

  private static func isGood(_ outcome: HTTPOutcome?) -> Bool {
    if case .success(let reply)? = outcome?.result { reply.status == 200 } else { false }
  }
}
