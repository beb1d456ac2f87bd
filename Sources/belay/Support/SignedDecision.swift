import BelayActions
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayWorld

/// A decision of the journal that says that somebody has signed it.
///
/// The chain of events shows that nothing was changed afterwards, not who has written it: that is for the signature to
/// say, each time that something is to go on by it.
struct SignedDecision {
  /// Of its event.
  var number: Int
  var at: Timestamp
  var node: NodeID
  var decision: Decision
  /// The run as it was.
  var before: RunState
  /// Digest of the plan that was in force.
  var plan: String

  /// - Parameter recorded: the run, with the plan that is in force now.
  /// - Returns: why it does not count; nil: it does, or it was for a plan that is gone and by somebody unknown to this one.
  func obstacle(in recorded: RecordedRun) -> String? {
    let isInForce = plan == recorded.row.planDigest
    let person = decision.person.flatMap { recorded.plan.roster?.person($0) }
    guard let person else { return isInForce ? "\(decision.who) is nobody in the roster" : nil }
    let text = SignedWords.text(
      run: recorded.row.run, plan: plan, node: node, asked: decision.asked, word: decision.word,
      values: decision.given.entries.map { (name: $0.text, text: $1.text) })
    guard let signature = decision.signature,
      Signatures.isValid(signature, of: text, for: SignedWords.namespace, keys: person.keys)
    else { return SignedWords.refusal(of: person.id) }
    guard isInForce else { return nil }
    let engine = Engine(
      plan: recorded.plan, digest: plan, actions: builtInActions, run: before,
      accounts: Accounts(of: recorded.plan.roster), zones: SystemZones.rules(of: recorded.plan))
    do throws(Refusal) { try engine.confirm(decision, of: node, at: at) } catch { return error.message }
    return nil
  }
}

extension RecordedRun {
  /// Signed decisions that nobody may go by, and why.
  func forgeries() throws -> [(decision: SignedDecision, why: String)] {
    guard !signed.isEmpty else { return [] }
    guard Signatures.isAvailable else {
      throw Failure(
        .unusable, "run \(row.run) has signed approvals, and they cannot be verified: ssh-keygen is missing")
    }
    return signed.compactMap { decision in decision.obstacle(in: self).map { (decision, $0) } }
  }

  /// - Throws: exit 8 where something would go on by what nobody has signed.
  func requireSignatures() throws {
    guard let (decision, why) = try forgeries().first else { return }
    throw Failure(
      .auditFailed,
      "nothing goes on: event \(decision.number) says that \(decision.decision.who) has signed for \(decision.node), and \(why)",
      hints: [
        "what else does not hold:  \(typed("audit verify"))",
        "end the run:              \(typed("cancel \(row.run)")), or close",
      ])
  }
}
