internal import BelayJournal
internal import BelayKeeper
private import CSystem
private import Glibc

// What earlier drivers have left running and nobody waits for. Nothing is started beside it.
extension RealWorld {
  /// Before the engine begins: ends strays, and waits until they are gone.
  ///
  /// - Throws: `stillRunning` for what may not be ended without being asked, or could not be signalled.
  mutating func endStrays(besides open: Set<AttemptName>) throws(WorldError) {
    let strays = try stopStrays(besides: open)
    tellOfWaiting(for: strays.map(\.description), toBeEnded: true)
    try waitForEnd(of: strays)
    let left = living(readAgain: !strays.isEmpty).filter(\.isGivenUp)
    if !left.isEmpty { throw .stillRunning(left) }
  }

  /// Ends questions of an engine that is gone, what was being ended already, and, where the run is cancelled or closed,
  /// attempts that the journal has given up.
  func stopStrays(besides open: Set<AttemptName>) throws(WorldError) -> Set<AttemptID> {
    guard let keeper, let records else { return [] }
    let strays = records.watched.filter { !open.contains($0.description) || records.hasEnd($0) }
    let deeds = strays.filter { run.state.attempts[$0.description] != nil && !records.isBeingStopped($0) }
    if !deeds.isEmpty, !run.stopsStrays {
      let names = Set(deeds.map(\.description))
      throw .stillRunning(living(readAgain: false).filter { names.contains($0.attempt) })
    }
    do {
      for stray in strays { try keeper.send(.stop(stray, reason: "cancel")) }
    } catch { throw .keeper("\(error)") }
    return Set(strays)
  }

  /// Bounded by the grace of what is stopped and the keeper's patience.
  private mutating func waitForEnd(of attempts: Set<AttemptID>) throws(WorldError) {
    var waiting = attempts
    while !waiting.isEmpty, let keeper {
      let wanted = Int16(POLLIN) | (keeper.hasUnsent ? Int16(POLLOUT) : 0)
      var socket = pollfd(fd: keeper.descriptor, events: wanted, revents: 0)
      poll(&socket, 1, -1)
      do throws(KeeperError) {
        for event in try keeper.receive() {
          if case .finished(let attempt, _) = event, waiting.remove(attempt) != nil { continue }
          hear(event)
        }
      } catch { throw .keeper("\(error)") }
    }
  }

  /// Else nobody would know why nothing happens.
  func tellOfWaiting(for attempts: [AttemptName], toBeEnded: Bool) {
    guard !attempts.isEmpty else { return }
    let alive = living(readAgain: false).filter { attempts.contains($0.attempt) }
    if !alive.isEmpty { run.waiting(alive, toBeEnded) }
  }

  private func living(readAgain: Bool) -> [LivingAttempt] {
    if readAgain { return (try? LivingAttempt.all(of: run.state, folder: run.folder)) ?? [] }
    return records.map { LivingAttempt.all(of: run.state, records: $0) } ?? []
  }
}
