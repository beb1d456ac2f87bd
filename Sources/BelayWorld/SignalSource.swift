internal import BelayJournal
private import CSystem
internal import Glibc

/// Ctrl-C, SIGTERM and SIGHUP as requests to stop, in the order of the design: a first Ctrl-C lets what runs end,
/// a second one, or SIGTERM, stops it; a terminal that goes away is as one Ctrl-C.
final class SignalSource {
  let descriptor: Int32
  private(set) var seen: [Int32] = []

  init() throws(SystemError) {
    // A reader that goes away (`belay run | head -1`) ends nothing.
    signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM] { sigaddset(&set, number) }
    if !SignalSource.isNoHangup { sigaddset(&set, SIGHUP) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = signalfd(-1, &set, O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SystemError("signalfd", "signals") }
  }

  deinit { close(descriptor) }

  /// Started by nohup(1). What is blocked is never ignored (signal(7)), so it would come all the same. Not so Ctrl-C,
  /// which shells ignore for all that scripts start in the background.
  private static var isNoHangup: Bool {
    var action = sigaction()
    guard sigaction(SIGHUP, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  func take() -> [StopRequest] {
    var requests: [StopRequest] = []
    var record = signalfd_siginfo()
    while read(descriptor, &record, MemoryLayout<signalfd_siginfo>.size)
      == MemoryLayout<signalfd_siginfo>.size
    {
      let number = Int32(bitPattern: record.ssi_signo)
      let isSecond = number == SIGINT && seen.contains(SIGINT)
      requests.append(number == SIGTERM || isSecond ? .kill : .pause)
      seen.append(number)
    }
    return requests
  }
}
