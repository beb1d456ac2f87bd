import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan

// People on the stage: they speak at a moment while an engine drives, or as commands do where none does.

extension Stage {
  static let uids = ["ana": 1000, "ben": 1001, "cleo": 1002, "dora": 1003]

  /// `ana` begins the runs.
  static let roster = """
    belay: 1
    people:
      ana: { name: Ana, accounts: { os: ana } }
      ben: { name: Ben, accounts: { os: ben } }
      cleo: { name: Cleo, accounts: { os: cleo } }
      dora: { name: Dora, accounts: { os: dora } }
    roles:
      release: { people: [ana, ben] }
      database: { people: [ben, cleo] }
    """

  struct Word {
    var second: Int64 = 0
    var node: NodeID
    var says: Decision.Word = .approved
    var uid: Int
    var note: String?
    var values: [Proposal.Given] = []
    var plan = "d"
    /// Signed by this person.
    var signer: String?
    /// To the question before the one that stands.
    var isStale = false
  }

  func proposal(_ word: Word) -> (Proposal, Actor) {
    var asked = 0
    for (index, item) in journal.enumerated() {
      if case .asked(word.node, _) = item.event { asked = index + 1 }
    }
    var proposal = Proposal(
      node: word.node, asked: word.isStale ? asked - 1 : asked, plan: word.plan, word: word.says,
      note: word.note,
      values: word.values)
    var actor = Actor(name: "uid \(word.uid)", assurance: .os, uid: word.uid)
    if let signer = word.signer {
      proposal.signature = "signed"
      proposal.signer = signer
      actor.assurance = .signature
    }
    return (proposal, actor)
  }

  /// As `belay approve` does it where nobody drives the run.
  ///
  /// - Returns: why it does not count; nil when it is on the record.
  func say(_ word: Word) throws -> String? {
    let (proposal, actor) = proposal(word)
    let state = try state()
    do throws(Refusal) {
      let decision = try engine(state).admit(proposal, by: actor, at: clock.wall)
      journal.append((.decided(word.node, decision), clock.wall))
    } catch { return error.message }
    _ = try self.state()
    return nil
  }
}
