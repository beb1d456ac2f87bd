public import BelayEngine
public import BelayJournal
internal import BelayModel
public import BelayPlan
internal import BelayTransport

/// Somebody at the terminal who may answer questions of the run.
public protocol TerminalAnswers: AnyObject {
  /// Watched for what is typed.
  var descriptor: Int32 { get }
  /// What was typed, as far as it is an answer.
  func take() -> [Proposal]
  /// Nothing more is to be heard from it.
  var isOver: Bool { get }
  func replied(_ reply: Reply)
}

extension RealWorld {
  /// What another process asks of this one.
  mutating func hearControl() {
    switch control.take() {
    case .stop(let request, let actor)?: inputs.append(.stop(request, by: actor))
    case .decide(let proposal, let actor, let ticket)?: consider(proposal, by: actor, ticket: ticket)
    case nil: break
    }
  }

  /// The terminal has ticket 0.
  mutating func hearTerminal() {
    guard let terminal = run.terminal else { return }
    for proposal in terminal.take() { consider(proposal, by: Caller.actor(), ticket: 0) }
    if terminal.isOver { poller.forget(terminal.descriptor) }
  }

  private mutating func consider(_ proposal: Proposal, by actor: Actor, ticket: Int) {
    do throws(Refusal) {
      guard let check = try proposal.check(run.plan) else {
        return inputs.append(.decided(proposal, by: actor, ticket: ticket))
      }
      try verify(check, of: SignedDecisions.Waiting(proposal: proposal, actor: actor, ticket: ticket))
    } catch { reply(.refused(error.message), to: ticket) }
  }

  private func verify(_ check: SignatureCheck, of decision: SignedDecisions.Waiting) throws(Refusal) {
    do throws(TransportError) { try signed.verify(check, of: decision) } catch {
      throw Refusal("its signature cannot be verified: \(error.message)")
    }
  }

  /// Signatures have been looked at.
  mutating func hearSigned() {
    for (decision, isValid) in signed.take() {
      guard isValid else {
        reply(.refused(SignedWords.refusal(of: decision.proposal.signer ?? "")), to: decision.ticket)
        continue
      }
      inputs.append(.decided(decision.proposal, by: decision.actor.signing, ticket: decision.ticket))
    }
  }

  func reply(_ reply: Reply, to ticket: Int) {
    if ticket == 0 { run.terminal?.replied(reply) } else { control.reply(reply, to: ticket) }
  }
}

extension Proposal {
  /// The kernel's word for who says it, or, where it is signed, that of the signature.
  ///
  /// - Throws: when it is not signed by who it says, for what it says.
  public func verified(_ actor: Actor, _ plan: Plan, _ state: RunState) throws(Refusal) -> Actor {
    guard let check = try check(plan) else { return actor }
    guard check.isValid else { throw Refusal(SignedWords.refusal(of: check.signer)) }
    return actor.signing
  }

  /// What is to be verified; nil: it is not signed.
  ///
  /// - Throws: when it does not say by whom it is signed.
  func check(_ plan: Plan) throws(Refusal) -> SignatureCheck? {
    guard let signature else { return nil }
    guard let signer, let person = plan.roster?.person(signer) else {
      throw Refusal("it says that it is signed, and not by whom of the roster")
    }
    let text = SignedWords.text(
      run: plan.run, plan: self.plan, node: node, asked: asked, word: word,
      values: values.map { ($0.name, $0.text) })
    return SignatureCheck(signer: signer, signature: signature, text: text, keys: person.keys)
  }
}

extension Actor {
  /// As sure as a signature makes it.
  fileprivate var signing: Actor {
    var actor = self
    actor.assurance = .signature
    return actor
  }
}
