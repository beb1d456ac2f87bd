public import BelayJournal
public import BelayModel
public import BelayPlan

/// All that a picture of a run is drawn from. The same values give the same picture.
public struct RunPicture {
  public let plan: Plan
  public let state: RunState
  public var now: Timestamp
  /// The last lines that a running step has printed.
  public var tail: (NodeID) -> [String]
  /// What is asked at this terminal.
  public var question: OpenQuestion?
  /// Somebody else drives it: Ctrl-C here stops nothing of it.
  public var isWatched = false
  /// By node.
  private let records: [NodeRecord]

  public init(
    plan: Plan, state: RunState, now: Timestamp, question: OpenQuestion? = nil,
    tail: @escaping (NodeID) -> [String] = { _ in [] }
  ) {
    self.plan = plan
    self.state = state
    self.now = now
    self.question = question
    self.tail = tail
    records = plan.nodes.map { state[$0.id] }
  }

  func record(of index: Int) -> NodeRecord { records[index] }

  func isGroup(_ index: Int) -> Bool {
    if case .group = plan.nodes[index].detail { true } else { false }
  }

  func depth(of index: Int) -> Int {
    var depth = 0
    var at = plan.nodes[index].parent
    while let parent = at {
      depth += 1
      at = plan.nodes[parent].parent
    }
    return depth
  }

  /// In the order in which they happen: the steady state is asked last, after a rollback too.
  var shown: [Int] {
    let all = plan.nodes.indices.filter(isShown)
    let last = all.filter { plan.nodes[$0].role == .steadyState }
    return last.isEmpty ? all : all.filter { plan.nodes[$0].role != .steadyState } + last
  }

  /// Rollbacks and the steady state only when something has happened to them.
  private func isShown(_ index: Int) -> Bool {
    switch plan.nodes[index].role {
    case .main: true
    case .rollback, .steadyState: state.nodes[plan.nodes[index].id] != nil
    }
  }

  /// Something goes on in it, or it needs somebody.
  func isActive(_ index: Int) -> Bool {
    switch record(of: index).status {
    case .intended, .running, .waiting, .held, .inDoubt, .compensating, .compensationFailed: true
    case .failed, .unknown: !record(of: index).continued
    case .pending, .ready, .succeeded, .skipped, .compensated: false
    }
  }

  /// Those of a scope (nil: the run) of which something is known.
  func watches(of scope: Int?) -> [(PlanWatch, WatchRecord)] {
    plan.watches.filter { $0.scope == scope }.compactMap { watch in
      state.watches[watch.id].map { (watch, $0) }
    }
  }

  /// Nothing of it is at work any more.
  func isOver(_ scope: Int?) -> Bool {
    guard let scope else { return state.status.hasLetGo || state.status == .failed || state.rollback != nil }
    return record(of: scope).status.hasEnded
  }

  /// As the plan knows it.
  func staysFor(_ index: Int) -> TimeSpan? {
    guard case .check(let check) = plan.nodes[index].detail else { return nil }
    return check.body.staysFor?.literal.flatMap { TimeSpan(text: $0) }
  }

  /// For how long it has been at work, or was.
  func elapsed(_ index: Int) -> TimeSpan? {
    let record = record(of: index)
    guard let start = record.startedAt else { return nil }
    return (record.finishedAt ?? (record.status.hasEnded ? start : now)).since(start)
  }

  public var runElapsed: TimeSpan? {
    guard let start = state.createdAt else { return nil }
    let isOver = state.status.hasLetGo || state.status == .failed
    return (isOver ? state.changedAt ?? now : now).since(start)
  }
}
