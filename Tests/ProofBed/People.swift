import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelaySimulation

/// What people do with a run that rests, or whose driver is gone. They look before they answer, and never lie.
struct People {
  enum Next {
    /// Nobody wants anything of it any more.
    case end
    case drive(Begin.Purpose, skips: [NodeID])
  }

  private let episode: Episode
  private var chance: Chance
  private let acts: Bool
  private var decisions = 0

  /// After so many decisions they give the run up.
  private static let patience = 14

  init(_ episode: Episode) {
    self.episode = episode
    acts = episode.scenario.people != nil
    chance = Chance(seed: episode.scenario.people ?? 0)
  }

  private var referee: Referee { episode.referee }

  mutating func next(after rest: RunStatus?) -> Next {
    let status = referee.durable.status
    if status.isFinal { return .end }
    guard acts else { return quietly(after: rest, status) }
    episode.machine.pass(.seconds(Int64(chance.int(0...100))))
    decisions += 1
    if decisions > People.patience { return giveUp(status) }
    return decide(status)
  }

  /// Nobody acts, but for those who are asked.
  private mutating func quietly(after rest: RunStatus?, _ status: RunStatus) -> Next {
    if status == .waiting, decisions < 6 {
      decisions += 1
      episode.machine.pass(.seconds(30))
      return .drive(.resume(retry: false), skips: [])
    }
    return rest == nil ? .drive(.resume(retry: false), skips: []) : .end
  }

  private mutating func decide(_ status: RunStatus) -> Next {
    switch status {
    case .closed, .rolledBack: return .end
    case .succeeded: return chance.one(in: 4) ? rollback() : .end
    case .paused: return resumeOrElse()
    case .failed:
      if chance.one(in: 3) { return .end }
      return chance.one(in: 2) ? .drive(.resume(retry: true), skips: failed()) : resumeOrElse()
    case .held:
      settleHeld()
      return chance.one(in: 10) ? .drive(.resume(retry: false), skips: held()) : resumeOrElse()
    case .rollbackIncomplete:
      if chance.one(in: 3) { return .end }
      mendCompensations()
      return .drive(.resume(retry: chance.one(in: 2)), skips: failedRollbacks())
    case .waiting:
      episode.machine.pass(.seconds(Int64(chance.int(0...200))))
      return resumeOrElse()
    case .planned, .running, .rollingBack: return resumeOrElse()
    }
  }

  private mutating func resumeOrElse() -> Next {
    if chance.one(in: 5) { episode.overrides = gatesWithWindows() }
    return anyhow()
  }

  private func gatesWithWindows() -> [NodeID] {
    episode.plan.nodes.filter { node in
      if case .gate(let gate) = node.detail, case .window = gate.wait { true } else { false }
    }.map(\.id)
  }

  private mutating func anyhow() -> Next {
    switch chance.int(0...15) {
    case 0: .drive(.cancel, skips: [])
    case 1: rollback()
    case 2: .drive(.close(note: "given up"), skips: [])
    case 3: .drive(.resume(retry: true), skips: [])
    default: .drive(.resume(retry: false), skips: [])
    }
  }

  private mutating func rollback() -> Next {
    let started = referee.durable.touched.filter {
      referee.truth.node($0)?.role == .main && referee.durable[$0].whyNothingComesAfter == nil
    }
    guard chance.one(in: 3), !started.isEmpty else { return .drive(.rollback(.run), skips: []) }
    return .drive(.rollback(.after(chance.pick(started))), skips: [])
  }

  /// Everything in doubt is answered, what is left is undone by hand, and the run is closed.
  private mutating func giveUp(_ status: RunStatus) -> Next {
    if status == .succeeded || status == .failed { return .end }
    settleHeld()
    mendCompensations()
    return .drive(.close(note: "given up"), skips: [])
  }

  // MARK: Looking and answering

  private func nodes(_ statuses: [NodeStatus]) -> [NodeID] {
    referee.durable.touched.filter { statuses.contains(referee.durable[$0].status) }
  }

  private mutating func held() -> [NodeID] { Array(nodes([.held]).prefix(1)) }

  private mutating func failed() -> [NodeID] {
    guard chance.one(in: 4) else { return [] }
    return Array(nodes([.failed]).filter { referee.truth.step($0) != nil }.prefix(1))
  }

  private mutating func failedRollbacks() -> [NodeID] {
    guard chance.one(in: 4) else { return [] }
    return Array(nodes([.failed]).filter { RollbackName.undone(by: $0) != nil }.prefix(1))
  }

  private mutating func settleHeld() {
    for node in nodes([.held, .inDoubt]) where chance.int(0...9) > 0 || decisions > People.patience {
      episode.machine.waitForEnd(of: node)
      // Another answer may have settled this one.
      guard [.held, .inDoubt].contains(referee.durable[node].status) else { continue }
      if let step = referee.truth.undone(by: node) {
        settleCompensation(node, of: step)
      } else {
        resolve(node, referee.truth.stands(node) ? .done : chance.one(in: 3) ? .failed : .notDone)
      }
    }
  }

  private mutating func settleCompensation(_ node: NodeID, of step: NodeID) {
    if !referee.truth.stands(step) { return resolve(node, .done) }
    if decisions > People.patience || chance.one(in: 3) {
      referee.truth.undoByHand(step)
      resolve(node, .done)
    } else {
      resolve(node, chance.one(in: 4) ? .failed : .notDone)
    }
  }

  /// Undoes by hand what a rollback could not: all of it, or the part that keeps it from going on.
  private mutating func mendCompensations() {
    for node in nodes([.failed]) where decisions > People.patience || chance.one(in: 3) {
      guard let step = referee.truth.undone(by: node) else { continue }
      let root = RollbackName.root(of: step)
      guard node == root || referee.durable[root].status != .failed else { continue }
      referee.truth.undoByHand(step)
      resolve(node, .done)
    }
  }

  private func resolve(_ node: NodeID, _ resolution: Resolution) {
    episode.append(
      .resolved(node, as: resolution, note: "looked", values: [:], by: Episode.actor))
  }
}
