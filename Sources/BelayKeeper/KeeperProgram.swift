internal import CSystem
internal import Glibc

/// The program `belay-keeper`: `belay-keeper RUN`, in the run's folder, with the engine's socket as descriptor 3.
public enum KeeperProgram {
  /// Of this build; an engine of another one refuses to start it.
  public static let version = "0.1.0"

  static let socketNumber: Int32 = 3
  private static let lockPatience = 20
  /// With SIGXFSZ and SIGXCPU a limit of the caller's (ulimit) is an error of a write, or nothing.
  private static let ignored = [
    SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM, SIGXFSZ,
    SIGXCPU,
  ]

  /// - Returns: the exit status; 0: it has served and left, 2: it was started wrongly, 1: anything else.
  public static func run(_ arguments: [String]) -> Int32 {
    if arguments.count == 2, arguments[1] == "--version" {
      print("belay-keeper \(version)")
      return 0
    }
    guard arguments.count == 2, fcntl(socketNumber, F_SETFD, FD_CLOEXEC) == 0,
      let first = EngineLink(Descriptor(owning: socketNumber))
    else {
      complain("belay-keeper is started by belay; it keeps the processes of a run\n")
      return 2
    }
    settleDown()
    do {
      let lock = try takeLock()
      let keeper = try Keeper(run: arguments[1], version: version, first: first)
      withExtendedLifetime(lock) { keeper.serve() }
      return 0
    } catch {
      if case .refused(let reason) = error { deny(first, reason) } else { deny(first, error.message) }
      return 1
    }
  }

  /// What the engine's terminal, session or caller suffers must not reach us.
  private static func settleDown() {
    for number in ignored { signal(number, SIG_IGN) }
    // Of the steps: they inherit it. Our own files have modes of their own.
    umask(0o022)
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    _ = belay_become_reaper()
    // Nobody but root may look into the memory that holds the secrets.
    _ = belay_refuse_dump()
  }

  /// Somebody who only looks whether there is a keeper holds the lock for a moment.
  private static func takeLock() throws(KeeperError) -> Descriptor {
    let lock = try Descriptor(opening: Keeper.lockName, O_RDWR | O_CREAT | O_NOFOLLOW)
    for _ in 0..<lockPatience {
      if lock.lockIfFree() { return lock }
      poll(nil, 0, 5)
    }
    throw .refused("another keeper has the run")
  }

  private static func deny(_ link: EngineLink, _ reason: String) {
    var writer = ByteWriter()
    writer.append(text: reason)
    link.send(Frame.bytes(.denied, writer))
    link.flush()
  }

  private static func complain(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(2, bytes, bytes.count)
  }
}
