internal import BelayJournal
internal import BelayKeeper
private import CSystem
private import Glibc

/// Processes of attempts whose keeper was killed. They are waited for before anything is concluded: what runs again
/// beside them would run twice.
struct Orphans {
  private struct Orphan {
    var attempt: AttemptName
    var pid: Int32
  }

  /// By pidfd, which is readable once the process has ended (pidfd_open(2)).
  private var orphans: [Int32: Orphan] = [:]

  mutating func watch(_ start: StartRecord, as attempt: AttemptName, in poller: Poller) {
    let descriptor = belay_process_descriptor(start.pid)
    // Gone in this very moment: a descriptor that is readable at once says the same.
    let file = descriptor >= 0 ? descriptor : Orphans.ended()
    guard file >= 0, (try? poller.watch(file)) != nil else { return }
    orphans[file] = Orphan(attempt: attempt, pid: start.pid)
  }

  private static func ended() -> Int32 { eventfd(1, Int32(EFD_CLOEXEC)) }

  /// The attempt whose process this descriptor stood for, with what can be said of its end.
  mutating func ended(_ descriptor: Int32, in poller: Poller) -> (AttemptName, String)? {
    guard let orphan = forget(descriptor, in: poller) else { return nil }
    return (orphan.attempt, "its keeper was killed, and process \(orphan.pid) ended unobserved")
  }

  /// Waits no more for an attempt; nil when it is none of these.
  mutating func giveUp(_ attempt: AttemptName, in poller: Poller) -> String? {
    guard let descriptor = orphans.first(where: { $0.value.attempt == attempt })?.key,
      let orphan = forget(descriptor, in: poller)
    else { return nil }
    return "its keeper was killed; process \(orphan.pid) still runs, and nobody will see how it ends"
  }

  private mutating func forget(_ descriptor: Int32, in poller: Poller) -> Orphan? {
    guard let orphan = orphans.removeValue(forKey: descriptor) else { return nil }
    poller.forget(descriptor)
    close(descriptor)
    return orphan
  }
}
