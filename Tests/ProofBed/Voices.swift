import BelayEngine
import BelayJournal
import BelayModel
import BelaySimulation

/// What somebody says to a question, rightly or not.
struct Spoken: Hashable {
  enum Kind: String, CaseIterable {
    case yes = "yes, by who may"
    case no = "no, by who may"
    case anyone = "by anybody of the roster"
    case outsider = "by nobody of the roster"
    case unsigned = "without the signature that is asked for"
    case otherPlan = "for another plan"
    case otherQuestion = "to another question"
    case twice = "by who has said so before"
  }

  var kind: Kind
  var node: NodeID
  var asked: Int
  var word: Decision.Word
  /// Nil: nobody of the roster.
  var person: String?
  var isSigned: Bool
  var isOfPlan: Bool

  var uid: Int { person.map { Voices.uids[$0, default: 0] } ?? 4711 }
}

/// People who hear of a question as soon as it is on the record, and speak when they do.
struct Voices {
  static let uids = ["ana": 1000, "ben": 1001, "cleo": 1002, "dora": 1003]
  static let people = ["ana", "ben", "cleo", "dora"]
  static let roles = ["release": ["ana", "ben"], "database": ["ben", "cleo"]]

  static let roster = """
    belay: 1
    people:
      ana: { name: Ana, accounts: { os: ana }, keys: ["ssh-ed25519 AAAA ana"] }
      ben: { name: Ben, accounts: { os: ben }, keys: ["ssh-ed25519 AAAA ben"] }
      cleo: { name: Cleo, accounts: { os: cleo }, keys: ["ssh-ed25519 AAAA cleo"] }
      dora: { name: Dora, accounts: { os: dora }, keys: ["ssh-ed25519 AAAA dora"] }
    roles:
      release: { people: [ana, ben] }
      database: { people: [ben, cleo] }
    """

  private var chance: Chance
  /// Everybody says yes, and nobody anything else.
  private let areKind: Bool

  init(_ chance: Chance, areKind: Bool) {
    self.chance = chance
    self.areKind = areKind
  }

  /// Who is meant by the names of a requirement.
  static func members(of names: [String]) -> [String] {
    names.isEmpty ? people : names.flatMap { roles[$0] ?? (people.contains($0) ? [$0] : []) }
  }

  /// What is said to a question, each with the seconds after which it is.
  mutating func answers(to inquiry: Inquiry, of node: NodeID, asked: Int) -> [(after: Int, Spoken)] {
    let yes: Decision.Word = inquiry.subject.isApproval ? .approved : .done
    let base = Spoken(
      kind: .yes, node: node, asked: asked, word: yes, person: nil, isSigned: true, isOfPlan: true)
    if areKind {
      return Voices.people.enumerated().map { index, person in
        var spoken = base
        spoken.person = person
        return (after: 2 + index, spoken)
      }
    }
    return (0..<chance.int(1...6)).map { _ in (after: chance.int(1...240), spoken(base, inquiry)) }
  }

  private mutating func spoken(_ base: Spoken, _ inquiry: Inquiry) -> Spoken {
    var spoken = base
    let requirement = chance.pick(inquiry.requirements)
    let members = Voices.members(of: requirement.by)
    spoken.person = members.isEmpty ? nil : chance.pick(members)
    switch chance.int(0...15) {
    case 0:
      spoken.kind = .no
      spoken.word = inquiry.subject.isApproval ? .rejected : .failed
    case 1...2:
      spoken.kind = .anyone
      spoken.person = chance.pick(Voices.people)
    case 3:
      spoken.kind = .outsider
      spoken.person = nil
    case 4:
      spoken.kind = .unsigned
      spoken.isSigned = false
    case 5:
      spoken.kind = .otherPlan
      spoken.isOfPlan = false
    case 6:
      spoken.kind = .otherQuestion
      spoken.asked = max(1, spoken.asked - chance.int(1...3))
    case 7:
      spoken.kind = .twice
      spoken.person = "ben"
    default: break
    }
    return spoken
  }
}

extension Spoken {
  func proposal(plan: String) -> (proposal: Proposal, by: Actor) {
    let signs = isSigned && person != nil
    let proposal = Proposal(
      node: node, asked: asked, plan: isOfPlan ? plan : String(plan.reversed()), word: word,
      signature: signs ? "signed by \(person ?? "")" : nil, signer: signs ? person : nil)
    return (
      proposal, Actor(name: person ?? "stranger", assurance: signs ? .signature : .os, uid: uid)
    )
  }
}
