import BelayModel

extension RunState {
  mutating func applyBeside(_ event: RunEvent, at time: Timestamp) {
    switch event {
    case .watchAnswered(let watch, let answer): watches[watch, default: WatchRecord()].take(answer)
    case .watchTripped(let watch, let trip):
      watches[watch, default: WatchRecord()].tripped = trip
      // The first is the cause.
      if trip.rule != .tell, self.trip == nil { self.trip = PendingTrip(watch: watch, trip: trip) }
    case .watchEnded(let watch, let tally): watches[watch, default: WatchRecord()].add(tally)
    case .overdue(let node, _): change(node) { $0.isOverdue = true }
    case .escalated(let node, let level, _): change(node) { $0.escalated = level }
    case .noticeDue(let due):
      notices[due.number] = due
      noticeCount = due.number
      toldAt[due.notice] = time
    case .noticeEnded(let number, _): notices[number] = nil
    default: break
    }
  }

  /// A run that is paused, or held for what somebody has to settle first, has not got to what a trip asks for.
  mutating func restWatches(_ rest: Rest) {
    for watch in watches.keys { watches[watch]?.rest() }
    if rest.status == .paused || rest.status == .held && isHeldBefore(rest.node) { return }
    trip = nil
  }

  /// False where a step that cannot be undone is what it is held for: to go on is a person's word then.
  private func isHeldBefore(_ node: NodeID?) -> Bool {
    guard let status = node.map({ self[$0].status }) else { return true }
    return !status.hasEnded || status == .compensationFailed
  }

  func admitBeside(_ event: RunEvent) throws(FoldError) {
    switch event {
    case .watchTripped(let watch, let trip):
      try require(trip.verdict != .pass, "\(watch) trips although it passes")
    case .overdue(let node, _): try require(!self[node].isOverdue, "\(node) is overdue twice")
    case .escalated(let node, let level, _):
      try require(
        level == self[node].escalated + 1, "\(node): escalation \(level) after \(self[node].escalated)")
    case .noticeDue(let due):
      try require(due.number == noticeCount + 1, "notice \(due.number) after \(noticeCount)")
    case .noticeEnded(let number, _): try require(notices[number] != nil, "notice \(number) is not due")
    default: break
    }
  }
}

extension RunEvent {
  /// People are told of the end after it.
  var mayFollowTheEnd: Bool {
    switch self {
    case .noticeDue, .noticeEnded: true
    default: false
    }
  }
}
