public import BelayJournal
public import BelayModel
internal import BelayPlan

/// What somebody says to a question of a run, before it is known whether it is theirs to say.
public struct Proposal: Hashable, Sendable {
  public var node: NodeID
  /// Number of the event that asked; an answer to another question is none.
  public var asked: Int
  /// Digest of the plan that they have seen.
  public var plan: String
  public var word: Decision.Word
  public var note: String?
  /// As they were typed, to be read as declared.
  public var values: [Given]
  /// Armoured, and found to be of a key of `signer`'s.
  public var signature: String?
  /// Who has signed, by a key in the roster of the run's plan.
  public var signer: String?

  public struct Given: Hashable, Sendable {
    public var name: String
    public var text: String

    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  public init(
    node: NodeID, asked: Int, plan: String, word: Decision.Word, note: String? = nil, values: [Given] = [],
    signature: String? = nil, signer: String? = nil
  ) {
    self.node = node
    self.asked = asked
    self.plan = plan
    self.word = word
    self.note = note
    self.values = values
    self.signature = signature
    self.signer = signer
  }
}

/// Who of the roster is which user of this machine, looked up when a driver begins or somebody decides.
public struct Accounts: Hashable, Sendable {
  /// By the id of the person.
  public var uids: [String: Int]

  public init(uids: [String: Int] = [:]) { self.uids = uids }

  /// The first of the roster who is that user.
  func person(_ uid: Int?, in roster: Roster?) -> String? {
    guard let uid else { return nil }
    return roster?.people.first { uids[$0.id] == uid }?.id
  }
}

/// Why somebody's word does not count, in words for them.
public struct Refusal: Error, Hashable, Sendable {
  public var message: String

  public init(_ message: String) { self.message = message }
}

/// What became of a proposal.
public enum Reply: Hashable, Sendable {
  /// It is on the record.
  case accepted(String)
  case refused(String)
}

extension Engine {
  /// Whether a word counts, and for what. Asks nothing and changes nothing: also for a run that nobody drives.
  ///
  /// - Parameter actor: the kernel's word for who speaks, or that of a signature that was verified.
  public func admit(
    _ proposal: Proposal, by actor: Actor, at moment: Timestamp
  ) throws(Refusal) -> Decision {
    let asking = try standing(for: proposal, at: moment)
    let person = try person(behind: actor, proposal)
    let meets = try requirements(of: asking.inquiry, metBy: person, actor, proposal, at: moment)
    let decision = Decision(
      asked: asking.number, word: proposal.word, note: proposal.note, values: try values(of: proposal),
      by: actor, person: person, meets: meets, signature: proposal.signature,
      given: proposal.signature == nil
        ? ValueMap() : ValueMap(proposal.values.map { ($0.name, .string($0.text)) }))
    if !proposal.word.isRefusal, asking.decisions.contains(where: { $0.who == decision.who }) {
      throw Refusal("\(decision.who) has said so already, and counts once")
    }
    return decision
  }

  /// Whether a decision that stands in the journal is one that ``admit(_:by:at:)`` would give. The journal is a file,
  /// and who owns it may write into it what nobody has said.
  ///
  /// The engine's run is as it was before the decision; that the signature is good is for others to see.
  public func confirm(_ decision: Decision, of node: NodeID, at moment: Timestamp) throws(Refusal) {
    let given = decision.given.entries.map { Proposal.Given(name: $0.text, text: $1.text) }
    let proposal = Proposal(
      node: node, asked: decision.asked, plan: planDigest, word: decision.word, note: decision.note,
      values: given, signature: decision.signature, signer: decision.person)
    let asking = try standing(for: proposal, at: moment)
    let person = try person(behind: decision.by, proposal)
    let meets = try requirements(of: asking.inquiry, metBy: person, decision.by, proposal, at: moment)
    guard person == decision.person, meets == decision.meets else {
      throw Refusal("\(decision.who) does not meet what it says that they meet")
    }
    guard try values(of: proposal) == decision.values else {
      throw Refusal("it records other values than \(decision.who) has signed")
    }
  }

  /// The question that it answers, if that still stands.
  private func standing(for proposal: Proposal, at moment: Timestamp) throws(Refusal) -> Asking {
    let id = proposal.node
    guard proposal.plan == planDigest else {
      throw Refusal(
        "this is for another plan than the run's: \(proposal.plan.prefix(12)), not \(planDigest.prefix(12))")
    }
    guard let node = graph.index[id] else { throw Refusal("the run has no node '\(id)'") }
    let record = record(of: node)
    guard !run.status.isFinal else { throw Refusal("the run is \(run.status.rawValue): nothing can follow") }
    guard let asking = record.asking else {
      throw Refusal("\(id) is \(record.status.rawValue), and asks nobody")
    }
    guard !asking.isTaken, !record.status.hasEnded, asking.state == .open else {
      let last = asking.decisions.last.map { ": \($0.word.rawValue) by \($0.who)" } ?? ""
      throw Refusal("\(id) is answered already\(last)")
    }
    guard asking.number == proposal.asked else {
      throw Refusal("\(id) was asked anew since: look at it again")
    }
    guard !asking.isExpired(at: moment) else {
      let until = asking.inquiry.expiresAt?.wholeSecond.text ?? ""
      throw Refusal("too late: \(id) could be answered until \(until)")
    }
    if run.rollback != nil, plan.nodes[node].role == .main {
      throw Refusal("the run is rolled back: \(id) is not asked for any more")
    }
    let isApproval = proposal.word == .approved || proposal.word == .rejected
    guard isApproval == asking.inquiry.subject.isApproval else {
      throw Refusal(
        "\(id) is \(isApproval ? "answered, not approved" : "approved or rejected, not answered")")
    }
    return asking
  }

  /// - Returns: nil for somebody who is not in the roster.
  private func person(behind actor: Actor, _ proposal: Proposal) throws(Refusal) -> String? {
    let known = accounts.person(actor.uid, in: plan.roster)
    guard actor.assurance >= .signature else { return known }
    guard let signer = proposal.signer, plan.roster?.person(signer) != nil else {
      throw Refusal("nobody in the roster has signed this")
    }
    if let known, known != signer { throw Refusal("the key is of \(signer), and \(known) uses it") }
    return signer
  }

  private func requirements(
    of inquiry: Inquiry, metBy person: String?, _ actor: Actor, _ proposal: Proposal, at moment: Timestamp
  ) throws(Refusal) -> [Int] {
    let who = person ?? actor.name
    let named = inquiry.requirements.indices.filter {
      isNamed(person, by: inquiry.requirements[$0], at: moment)
    }
    guard !named.isEmpty else {
      let known = person == nil && plan.roster != nil ? ", whom the roster does not know," : ""
      let whom = inquiry.requirements.map {
        $0.by.isEmpty ? "anyone in the roster" : $0.by.joined(separator: " or ")
      }
      throw Refusal(
        "\(who)\(known) may not answer \(proposal.node): it asks \(whom.joined(separator: ", and "))")
    }
    let asker = run[proposal.node].override?.by
    let free = named.filter {
      !isExcluded(person, actor, by: inquiry.requirements[$0], asker: asker, at: moment)
    }
    // Who may not say yes may still say no.
    if free.isEmpty, proposal.word == .rejected { return [] }
    guard !free.isEmpty else {
      let words = inquiry.requirements.flatMap(\.exclude)
      throw Refusal("\(who) may not approve \(proposal.node): \(words.joined(separator: ", ")) excluded")
    }
    let sure = free.filter { actor.assurance >= inquiry.requirements[$0].assurance }
    if sure.isEmpty, !proposal.word.isRefusal {
      let asked = inquiry.requirements[free[0]].assurance.rawValue
      throw Refusal("\(proposal.node) asks for more than \(actor.assurance.rawValue): for \(asked)")
    }
    return sure
  }

  private func isNamed(_ person: String?, by requirement: Requirement, at moment: Timestamp) -> Bool {
    guard let roster = plan.roster else { return requirement.by.isEmpty }
    guard let person else { return false }
    return requirement.by.isEmpty
      || requirement.by.contains { roster.people(called: $0, at: moment, in: zones).contains(person) }
  }

  private func isExcluded(
    _ person: String?, _ actor: Actor, by requirement: Requirement, asker: Actor?, at moment: Timestamp
  ) -> Bool {
    requirement.exclude.contains { name in
      if name == PlanApproval.initiator { return isSame(run.created?.initiator, as: actor, person) }
      if name == Requirement.asker { return isSame(asker, as: actor, person) }
      guard let person else { return false }
      return plan.roster?.people(called: name, at: moment, in: zones).contains(person) ?? false
    }
  }

  /// The same person, or, where nobody has signed, the same user; whoever logged in stays that one behind `sudo`.
  private func isSame(_ other: Actor?, as actor: Actor, _ person: String?) -> Bool {
    guard let other else { return false }
    let people = { (actor: Actor) -> [String] in
      [actor.uid, actor.loginUid].compactMap { accounts.person($0, in: plan.roster) }
    }
    let others = people(other)
    if let person, others.contains(person) { return true }
    if actor.assurance >= .signature { return false }
    return (actor.uid != nil && actor.uid == other.uid) || people(actor).contains(where: others.contains)
  }

  // MARK: What is recorded with an answer

  private func values(of proposal: Proposal) throws(Refusal) -> ValueMap {
    guard !proposal.word.isRefusal else { return ValueMap() }
    let declared = asked(of: proposal.node)
    let given = proposal.values.map { (name: $0.name, text: $0.text) }
    var reader = ParameterReader(environment: nil) { "\($0)=" }
    let values = reader.values(declared, given: given)
    let mistakes = reader.diagnostics.map { diagnostic in
      diagnostic.message.replacing("parameter ", with: "").replacing("the playbook has", with: "it records")
    }
    guard mistakes.isEmpty else { throw Refusal(mistakes.joined(separator: "; ")) }
    return values
  }

  /// It is, or holds, a gate of people's or of a window that has not been passed: nobody goes around it by skipping.
  public func isGuarded(_ id: NodeID) -> Bool { graph.index[id].map { isGuarded($0) } ?? false }

  /// What the standing question of a node asks to record.
  public func asked(of node: NodeID) -> [Parameter] {
    guard let index = graph.index[node], let subject = run[node].asking?.inquiry.subject,
      let body = body(asking: subject, of: index),
      case .person(let person)? = try? request(body, of: index, key: nil)
    else { return [] }
    return person.record
  }
}
