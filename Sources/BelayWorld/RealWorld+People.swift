public import BelayEngine
public import BelayJournal
internal import BelayModel
public import BelayPlan

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
      inputs.append(.decided(proposal, by: try proposal.verified(actor, run.plan, run.state), ticket: ticket))
    } catch { reply(.refused(error.message), to: ticket) }
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
    guard let signature else { return actor }
    guard let signer, let person = plan.roster?.person(signer) else {
      throw Refusal("it says that it is signed, and not by whom of the roster")
    }
    let text = SignedWords.text(
      run: plan.run, plan: self.plan, node: node, asked: asked, word: word,
      values: values.map { ($0.name, $0.text) })
    guard Signatures.isValid(signature, of: text, for: SignedWords.namespace, keys: person.keys) else {
      throw Refusal("the signature is none of \(signer)'s for this run, gate, plan and decision")
    }
    var actor = actor
    actor.assurance = .signature
    return actor
  }
}
