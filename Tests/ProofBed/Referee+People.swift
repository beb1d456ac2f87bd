import BelayJournal
import BelayModel
import BelayPlan
import BelaySimulation

/// The questions that stand, with what was really said to them.
struct QuestionBook {
  struct Page {
    var asked: Int
    var inquiry: Inquiry
    var decisions: [Decision] = []
  }

  var pages: [NodeID: Page] = [:]
  /// Everything that anybody has said.
  var spoken: Set<Spoken> = []
  /// Why gates may pass outside of their windows.
  var overrides: [NodeID: String] = [:]
}

// Nobody is asked here whether somebody may: who may is worked out anew, by other means than the engine's.
extension Referee {
  func notePeople(_ event: RunEvent, number: Int, at moment: Timestamp) {
    switch event {
    case .asked(let node, let inquiry):
      book.pages[node] = QuestionBook.Page(asked: number, inquiry: inquiry)
      asked(node, inquiry, number)
    case .decided(let node, let decision): decided(node, decision, at: moment)
    case .windowOverridden(let node, let note, _):
      book.overrides[node] = note
      if note.isEmpty { blame(.windows, "\(node) may pass outside of its window, and nobody says why") }
    case .nodesReset(let nodes, _, _): for node in nodes { book.pages[node] = nil }
    case .nodeFinished(let node, let end) where end.status == .succeeded: passed(node, at: moment)
    case .attemptFinished(let node, _, let end) where end.outcome == .succeeded && isManual(node):
      requireYes(node, .deed)
    default: break
    }
  }

  private func isManual(_ node: NodeID) -> Bool {
    switch truth.node(node)?.detail {
    case .step(let step): step.body.action?.keyword == "manual"
    case .check(let check): check.body.action?.keyword == "manual"
    default: false
    }
  }

  private func decided(_ node: NodeID, _ decision: Decision, at moment: Timestamp) {
    let who = "\(decision.word.rawValue) by \(decision.person ?? decision.by.name)"
    guard var page = book.pages[node], page.asked == decision.asked else {
      return blame(.gates, "\(node): \(who) answers no question that stands")
    }
    if let end = page.inquiry.expiresAt, moment >= end {
      blame(.expiry, "\(node): \(who) at \(moment.text), and the time was over at \(end.text)")
    }
    let isSaid = book.spoken.contains { spoken in
      spoken.node == node && spoken.asked == decision.asked && spoken.word == decision.word
        && spoken.person == decision.person && spoken.uid == decision.by.uid && spoken.isOfPlan
        && (decision.by.assurance < .signature || spoken.isSigned)
    }
    if !isSaid { blame(.gates, "\(node): \(who), and nobody has said that for this plan and question") }
    page.decisions.append(decision)
    book.pages[node] = page
    guard page.inquiry.subject == .deed, let attempt = durable[node].openAttempt else { return }
    // What has failed may have been begun, and is undone all the same.
    if decision.word == .done { tookEffect(node, byHand: attempt) } else { truth.begins(node) }
  }

  /// A node that people or the clock let pass.
  private func passed(_ node: NodeID, at moment: Timestamp) {
    switch truth.node(node)?.detail {
    case .gate(let gate):
      if case .approve = gate.wait { requireYes(node, .approval) }
      if case .window(let window) = gate.wait { requireOpen(node, window.window, at: moment) }
    case .check where isManual(node): requireYes(node, .look("check"))
    default: break
    }
  }

  func requireYes(_ node: NodeID, _ subject: Inquiry.Subject) {
    guard let page = book.pages[node], page.inquiry.subject == subject else {
      return blame(.gates, "\(node) goes on, and nobody was asked")
    }
    if let refusal = page.decisions.first(where: { $0.word.isRefusal }) {
      return blame(.gates, "\(node) goes on, \(refusal.word.rawValue) by \(refusal.person ?? "")")
    }
    let slots = page.inquiry.requirements.flatMap { requirement in
      (0..<requirement.count).map { _ in requirement }
    }
    if !canFill(slots, with: page.decisions, of: node) {
      blame(.gates, "\(node) goes on, and \(slots.count) different people who may have not all said yes")
    }
  }

  /// By trying all ways.
  private func canFill(_ slots: [Requirement], with decisions: [Decision], of node: NodeID) -> Bool {
    guard let slot = slots.first else { return true }
    return decisions.indices.contains { index in
      guard may(decisions[index], slot, node) else { return false }
      let rest = decisions.filter { $0.person != decisions[index].person }
      return canFill(Array(slots.dropFirst()), with: rest, of: node)
    }
  }

  private func may(_ decision: Decision, _ requirement: Requirement, _ node: NodeID) -> Bool {
    guard let person = decision.person, Voices.members(of: requirement.by).contains(person),
      decision.by.assurance >= requirement.assurance
    else { return false }
    // Ana begins every run, and lets gates pass outside of their windows.
    let excluded = requirement.exclude.flatMap { name in
      Voices.roles[name] ?? (Voices.people.contains(name) ? [name] : ["ana"])
    }
    return !excluded.contains(person)
  }

  private func requireOpen(_ node: NodeID, _ window: Window, at moment: Timestamp) {
    guard let obstacle = obstacle(to: node, window, at: moment) else { return }
    guard book.overrides[node] != nil else { return blame(.windows, obstacle) }
    if plan.isProtected { requireYes(node, .override) }
  }

  /// Why it may not pass by the clock alone.
  private func obstacle(to node: NodeID, _ window: Window, at moment: Timestamp) -> String? {
    let second = Int(moment.seconds % 86_400)
    let length = ((window.to - window.from + 1440) % 1440) * 60
    let since = (second - window.from * 60 + 86_400) % 86_400
    guard since < length else { return "\(node) passes at \(moment.text), when its window is closed" }
    // What comes next in any case, at the least.
    let next = plan.nodes.filter { follower in
      follower.needs.contains { plan.nodes[$0].id == node } && follower.when == nil
        && durable[follower.id].status == .pending
    }
    for follower in next {
      guard case .step(let step) = follower.detail,
        let timeout = step.body.timeout?.literal.flatMap({ TimeSpan(text: $0) })
      else { continue }
      if timeout > .seconds(Int64(length - since)) {
        return "\(node) passes with \(length - since) s left, and \(follower.id) may take \(timeout.text)"
      }
    }
    return nil
  }
}
