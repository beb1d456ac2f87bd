import BelayActions
import BelayEngine
import BelayJournal
import BelayModel
import BelaySimulation

// What people say to the questions of a run.
extension Episode {
  func hear(_ inquiry: Inquiry, of node: NodeID, _ number: Int) {
    for (after, spoken) in voices.answers(to: inquiry, of: node, asked: number) {
      words.append(spoken)
      machine.letSpeak(words.count - 1, after: .seconds(Int64(after)))
    }
  }

  func speak(_ turn: Int) -> (proposal: Proposal, by: Actor)? {
    let spoken = words[turn]
    referee.book.spoken.insert(spoken)
    referee.count("said \(spoken.kind.rawValue)")
    return spoken.proposal(plan: planDigest)
  }

  /// As `belay approve` where nobody drives.
  func writeDown(_ proposal: Proposal, by actor: Actor) {
    guard let state = read() else { return }
    do throws(Refusal) {
      let decision = try engine(state).admit(proposal, by: actor, at: machine.clock.wall)
      referee.count("said to a run that nobody drives")
      append(.decided(proposal.node, decision))
    } catch { referee.count("said in vain to a run that nobody drives") }
  }

  func engine(_ state: RunState) -> Engine {
    Engine(
      plan: plan, digest: planDigest, actions: builtInActions, run: state,
      accounts: Accounts(uids: Voices.uids), zones: ["UTC": .utc])
  }
}
