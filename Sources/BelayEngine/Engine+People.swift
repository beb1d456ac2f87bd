internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// Questions to people. They stand in the journal, whether an engine drives the run or not: one that goes on puts them
// again to nobody, but takes up what was said meanwhile.

extension Engine {
  /// The question that a node waits with.
  func standing(_ node: Int) -> Asking? {
    let record = record(of: node)
    guard let asking = record.asking, !asking.isTaken, !record.status.hasEnded else { return nil }
    return asking
  }

  /// Puts a question, or goes on with the same one that stands. While people think, the node takes no place from
  /// others.
  mutating func awaitPeople(
    _ node: Int, _ awaited: Activity.Awaited, _ inquiry: () throws(StepFailure) -> Inquiry
  ) throws(StepFailure) {
    let attempt = record(of: node).openAttempt
    if standing(node)?.inquiry.subject != subject(of: awaited, node) {
      record(.asked(id(node), try inquiry()))
    }
    leavePlace(node)
    activities[node] = Activity(part: .awaitingPeople(awaited), hasPlace: false)
    if case .deed = awaited { activities[node]?.attempt = attempt }
    if let end = standing(node)?.inquiry.expiresAt { wallTimers[node] = end }
    settlePeople(node)
  }

  func subject(of awaited: Activity.Awaited, _ node: Int) -> Inquiry.Subject {
    switch awaited {
    case .gate: .approval
    case .override: .override
    case .irreversible: .irreversible
    case .deed: .deed
    case .look(let question): .look(question.part(captures(of: node)))
    }
  }

  /// A person's word has come while the run is driven.
  mutating func decide(_ proposal: Proposal, by actor: Actor, ticket: Int) {
    do throws(Refusal) {
      if isOutOfSpace { throw Refusal("there is no room to record it") }
      let decision = try admit(proposal, by: actor, at: clock.wall)
      if !isStopping, !isAwaited(proposal.node) {
        throw Refusal("\(proposal.node) is not waited for any more")
      }
      record(.decided(proposal.node, decision))
      order(.reply(ticket, .accepted(words(for: proposal))))
      if let node = graph.index[proposal.node] { settlePeople(node) }
    } catch {
      orders.append(.reply(ticket, .refused(error.message)))
    }
  }

  private func isAwaited(_ node: NodeID) -> Bool {
    if case .awaitingPeople? = graph.index[node].flatMap({ activities[$0]?.part }) { true } else { false }
  }

  private func words(for proposal: Proposal) -> String {
    let missing = run[proposal.node].asking?.missing ?? []
    let rest = missing.map { $0.by.isEmpty ? "anyone" : $0.by.joined(separator: " or ") }
    return rest.isEmpty ? "" : "still waits for \(rest.joined(separator: ", and "))"
  }

  /// What was said so far decides it, or nothing does yet.
  mutating func settlePeople(_ node: Int) {
    guard case .awaitingPeople(let awaited)? = activities[node]?.part, let asking = standing(node) else {
      return
    }
    switch asking.state {
    case .open: if asking.isExpired(at: clock.wall) { expired(node, awaited, asking) }
    case .met: agreed(node, awaited, asking)
    case .refused: refused(node, awaited, asking)
    }
  }

  private mutating func agreed(_ node: Int, _ awaited: Activity.Awaited, _ asking: Asking) {
    switch awaited {
    case .gate: ended(node, NodeEnd(status: .succeeded, outputs: outputs(of: asking)))
    case .override: passOutside(node)
    case .irreversible:
      guard case .step(let step) = plan.nodes[node].detail else { return }
      takePlace(node, .acting)
      recheck(node, step)
    case .deed, .look: answered(node, awaited, result(of: asking, .done))
    }
  }

  private mutating func refused(_ node: Int, _ awaited: Activity.Awaited, _ asking: Asking) {
    if !asking.inquiry.subject.isApproval { return answered(node, awaited, result(of: asking, .failed)) }
    let refusal = asking.decisions.last { $0.word.isRefusal }
    let note = refusal?.note.map { ": \($0)" } ?? ""
    rejected(node, Failure(kind: "rejected", message: "rejected by \(refusal?.who ?? "")\(note)"))
  }

  private mutating func expired(_ node: Int, _ awaited: Activity.Awaited, _ asking: Asking) {
    let until = asking.inquiry.expiresAt?.wholeSecond.text ?? ""
    let since = "asked at \(asking.askedAt.wholeSecond.text), until \(until)"
    guard asking.inquiry.subject.isApproval else {
      return answered(node, awaited, result(of: asking, .unanswered("nobody has answered: \(since)")))
    }
    rejected(node, Failure(kind: "expired", message: "not approved in time: \(since)"))
  }

  private mutating func rejected(_ node: Int, _ failure: Failure) {
    ended(node, NodeEnd(status: .failed, failure: failure))
  }

  private mutating func answered(_ node: Int, _ awaited: Activity.Awaited, _ result: PersonResult) {
    switch awaited {
    case .deed:
      guard let name = record(of: node).openAttempt else { return }
      takePlace(node, .acting)
      attemptEnded(node, name, EffectReport(result: .person(result)), recovered: false)
    case .look(let question):
      takePlace(node, .asking(question))
      // Asked once: what they have said is final.
      answerArrived(node, question.final, EffectReport(result: .person(result)))
    case .gate, .override, .irreversible: break
    }
  }

  private func result(of asking: Asking, _ ending: PersonResult.Ending) -> PersonResult {
    let last = asking.decisions.last
    return PersonResult(
      ending: ending, by: last?.who ?? "", at: clock.wall, note: last?.note ?? "",
      values: last?.values ?? ValueMap(), duration: clock.wall.since(asking.askedAt) ?? .zero)
  }

  /// Of a gate: whose word was the last that was missing, when, and what they noted.
  private func outputs(of asking: Asking) -> ValueMap {
    let last = asking.decisions.last
    return [
      "by": .string(last?.who ?? ""), "at": .timestamp(clock.wall), "note": .string(last?.note ?? ""),
      "opened_at": .timestamp(clock.wall),
    ]
  }

  // MARK: Questions of bodies

  /// How long a person has for a step.
  func deadline(of node: Int) -> Template? {
    if case .step(let step) = plan.nodes[node].detail { step.body.within } else { nil }
  }

  /// What a person is to do as a step, whose intent stands in the journal.
  mutating func awaitDeed(_ node: Int, _ person: PersonRequest, within: Template?) {
    do throws(StepFailure) {
      if isStopping { return leaveDeed(node) }
      let expires = try moment(after: within, of: node)
      try awaitPeople(node, .deed) { () throws(StepFailure) in
        Engine.inquiry(.deed, person, expires)
      }
    } catch {
      guard case .step(let step) = plan.nodes[node].detail, let name = record(of: node).openAttempt else {
        return
      }
      lost(node, step, name, error.message)
    }
  }

  /// Whom an engine before this one has asked, or was about to.
  mutating func takeUpDeed(_ node: Int, _ step: PlanStep, _ intent: Intent) {
    do throws(StepFailure) {
      guard case .person(let person)? = try request(step.body, of: node, key: intent.key) else { return }
      awaitDeed(node, person, within: step.body.within)
    } catch {
      lost(node, step, intent.attempt, error.message)
    }
  }

  /// While the run stops it stays theirs to do, unless it is to be undone: whether it was begun nobody knows then.
  /// What they have said before that counts.
  mutating func leaveDeed(_ node: Int) {
    if let asking = standing(node), asking.state != .open {
      return answered(node, .deed, result(of: asking, asking.state == .met ? .done : .failed))
    }
    guard case .stopping(let stop) = stage, isUndone(node, by: stop),
      case .step(let step) = plan.nodes[node].detail,
      let name = record(of: node).openAttempt
    else { return leavePlace(node) }
    lost(node, step, name, "it was asked for, and nobody has answered")
  }

  private func isUndone(_ node: Int, by stop: Stop) -> Bool {
    if isTemporary(node), stop.cause == .failure || stop.cause == .cancel { return true }
    switch stop.consequence {
    case .rollBack: return true
    case .endScope(let scope, _): return graph.subtree(scope).contains(node)
    default: return false
    }
  }

  /// What a person looks at.
  mutating func awaitLook(_ node: Int, _ question: Question, _ person: PersonRequest) throws(StepFailure) {
    guard !isStopping else {
      let result = PersonResult(
        ending: .unanswered("the run stops, and nobody is asked"), by: "", at: clock.wall, note: "",
        values: ValueMap(), duration: .zero)
      return answerArrived(node, question.final, EffectReport(result: .person(result)))
    }
    let expires = try moment(after: question.body.within, of: node)
    let subject = subject(of: .look(question), node)
    try awaitPeople(node, .look(question)) { () throws(StepFailure) in
      Engine.inquiry(subject, person, expires)
    }
  }

  private static func inquiry(
    _ subject: Inquiry.Subject, _ person: PersonRequest, _ expires: Timestamp?
  ) -> Inquiry {
    Inquiry(
      subject: subject, message: person.text, requirements: [Requirement(by: person.by)], expiresAt: expires)
  }

  func moment(after span: Template?, of node: Int) throws(StepFailure) -> Timestamp? {
    guard let span else { return nil }
    let length = try context(node).span(span)
    guard let moment = clock.wall + length else {
      throw StepFailure(kind: "expression", message: "\(length.text) from now is out of the calendar")
    }
    return moment
  }

  /// The body whose action has put a question.
  func body(asking subject: Inquiry.Subject, of node: Int) -> PlanBody? {
    switch (subject, plan.nodes[node].detail) {
    case (.deed, .step(let step)): return step.body
    case (.look("check"), .check(let check)): return check.body
    case (.look("verify"), .step(let step)): return step.verify
    case (.look("skip_if"), .step(let step)):
      if case .body(let body)? = step.skip { return body }
      return step.verify
    case (.look(let part), _): return captures(of: node).first { "capture:\($0.name)" == part }?.body
    default: return nil
    }
  }

  // MARK: Steps that cannot be undone

  /// Whoever has to approves it first, before anything of it is read or begun.
  mutating func askBeforeIrreversible(_ node: Int, _ step: PlanStep) {
    guard let irreversible = step.irreversible, isBarrier(node) else { return capture(node, from: 0) }
    do throws(StepFailure) {
      let requirement = try requirement(irreversible.approval, of: node)
      let message = "Run what cannot be undone? \(barrierText(node))"
      let expires = clock.wall + Engine.approvalTime
      try awaitPeople(node, .irreversible) { () throws(StepFailure) in
        Inquiry(subject: .irreversible, message: message, requirements: [requirement], expiresAt: expires)
      }
    } catch {
      ended(node, NodeEnd(status: .failed, failure: error.failure))
    }
  }

  /// How long people have where nothing is said.
  static let approvalTime = TimeSpan.seconds(86_400)

  func requirement(_ approval: PlanApproval, of node: Int) throws(StepFailure) -> Requirement {
    Requirement(
      by: try names(approval.by, of: node), count: approval.count,
      exclude: try names(approval.exclude, of: node), assurance: approval.assurance ?? .asserted)
  }

  /// - Throws: when one of them means nobody: an exclusion that excludes nobody would be none.
  func names(_ templates: [Template], of node: Int) throws(StepFailure) -> [String] {
    var names: [String] = []
    for template in templates {
      let found = try context(node).names(template)
      for name in found where name != PlanApproval.initiator {
        guard let roster = plan.roster,
          roster.roles.contains(where: { $0.name == name })
            || !roster.people(called: name, at: clock.wall, in: zones).isEmpty
        else { throw StepFailure(kind: "expression", message: "'\(name)' is nobody in the roster") }
      }
      names += found
    }
    return names
  }

  // MARK: Rest

  /// Nobody is at the terminal, and all that goes on is that people are waited for: the run rests.
  mutating func restWaiting() -> Bool {
    guard !isAttended, !activities.isEmpty, ready.isEmpty, blocked.isEmpty, waitingForCommit.isEmpty,
      activities.values.allSatisfy({ if case .awaitingPeople = $0.part { true } else { false } })
    else { return false }
    if case .resting = stage { return false }
    let nodes = activities.keys.sorted()
    for node in nodes { leavePlace(node) }
    ready.removeAll()
    undos.removeAll()
    rest(.waiting, nodes.compactMap(waits).joined(separator: "; "), nodes.first)
    return true
  }

  /// `go waits for ana or ben since 2026-03-01T02:11:00Z`.
  private func waits(_ node: Int) -> String? {
    standing(node).map { "\(id(node)) waits for \($0.whom) since \($0.askedAt.wholeSecond.text)" }
  }
}

extension Asking {
  var whom: String {
    missing.map { requirement in
      let names = requirement.by.isEmpty ? "anyone" : requirement.by.joined(separator: " or ")
      return requirement.count > 1 ? "\(requirement.count) of \(names)" : names
    }.joined(separator: ", and ")
  }
}

extension Question {
  /// Not asked again, whatever the answer is.
  fileprivate var final: Question {
    var copy = self
    copy.deadline = .zero
    copy.staysFor = .zero
    return copy
  }

  /// In the journal.
  fileprivate func part(_ captures: [PlanStep.Capture]) -> String {
    switch kind {
    case .check: "check"
    case .recheck: "recheck"
    case .skipIf: "skip_if"
    case .capture(let index): "capture:\(captures[index].name)"
    case .verifyEffect, .verifyDoubt: "verify"
    }
  }
}
