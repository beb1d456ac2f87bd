public import BelayModel

/// A question that a node puts to people: it stands until it is answered, withdrawn, or its time is over.
public struct Inquiry: Hashable, Sendable {
  /// What the answer is for.
  public enum Subject: Hashable, Sendable {
    /// A gate.
    case approval
    /// A step that cannot be undone.
    case irreversible
    /// A gate that is passed outside of its window.
    case override
    /// What a person does as a step.
    case deed
    /// What a person looks at: as a check, or before, within or after a step.
    case look(String)

    public var text: String {
      switch self {
      case .approval: "approval"
      case .irreversible: "irreversible"
      case .override: "override"
      case .deed: "deed"
      case .look(let part): "look:\(part)"
      }
    }

    public init?(text: String) {
      switch text {
      case "approval": self = .approval
      case "irreversible": self = .irreversible
      case "override": self = .override
      case "deed": self = .deed
      default:
        guard text.hasPrefix("look:") else { return nil }
        self = .look(String(text.dropFirst(5)))
      }
    }

    /// It is approved or rejected; else it is answered.
    public var isApproval: Bool {
      switch self {
      case .approval, .irreversible, .override: true
      case .deed, .look: false
      }
    }
  }

  public var subject: Subject
  /// As people read it.
  public var message: String
  /// All of them, by different people.
  public var requirements: [Requirement]
  /// By the wall clock; not counted in. Nil: it stands for ever.
  public var expiresAt: Timestamp?

  public init(subject: Subject, message: String, requirements: [Requirement], expiresAt: Timestamp?) {
    self.subject = subject
    self.message = message
    self.requirements = requirements
    self.expiresAt = expiresAt
  }
}

/// So many people of these.
public struct Requirement: Hashable, Sendable {
  /// Names of roles or people; empty: anyone.
  public var by: [String]
  public var count: Int
  /// As `by`; `initiator` is who began the run.
  public var exclude: [String]
  /// At the least.
  public var assurance: Actor.Assurance

  /// Among `exclude`: who lets a gate pass outside of its window.
  public static let asker = "who asks"

  public init(
    by: [String], count: Int = 1, exclude: [String] = [], assurance: Actor.Assurance = .asserted
  ) {
    self.by = by
    self.count = count
    self.exclude = exclude
    self.assurance = assurance
  }
}

/// What a person has said to a question, found to be theirs to say.
public struct Decision: Hashable, Sendable {
  public enum Word: String, Hashable, Sendable, CaseIterable {
    case approved, rejected, done, failed

    public var isRefusal: Bool { self == .rejected || self == .failed }
  }

  /// Number of the event that asked.
  public var asked: Int
  public var word: Word
  public var note: String?
  /// What was recorded, as declared.
  public var values: ValueMap
  public var by: Actor
  /// Who that is in the roster; nil: nobody, where anyone may answer.
  public var person: String?
  /// Indexes of the requirements that this person may meet.
  public var meets: [Int]
  /// Armoured, as ssh-keygen(1) writes it, over ``SignedWords``.
  public var signature: String?
  /// What was signed of the values: as they were typed.
  public var given: ValueMap

  public init(
    asked: Int, word: Word, note: String? = nil, values: ValueMap = ValueMap(), by: Actor, person: String?,
    meets: [Int], signature: String? = nil, given: ValueMap = ValueMap()
  ) {
    self.asked = asked
    self.word = word
    self.note = note
    self.values = values
    self.by = by
    self.person = person
    self.meets = meets
    self.signature = signature
    self.given = given
  }

  /// It says that somebody has signed it, which it is to be held to.
  public var isSigned: Bool { signature != nil || by.assurance >= .signature }

  /// Distinct for distinct people.
  public var who: String { person ?? by.uid.map { "uid \($0)" } ?? by.name }
}

/// A question of a node with what was said to it.
public struct Asking: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    case open
    /// Everybody who was asked for has said yes.
    case met
    case refused
  }

  /// Number of the event that asked.
  public let number: Int
  public let inquiry: Inquiry
  public let askedAt: Timestamp
  public internal(set) var decisions: [Decision] = []
  /// What came of it has been taken up: the same question would be put again.
  public internal(set) var isTaken = false

  init(number: Int, inquiry: Inquiry, askedAt: Timestamp) {
    self.number = number
    self.inquiry = inquiry
    self.askedAt = askedAt
  }

  public var state: State {
    if decisions.contains(where: \.word.isRefusal) { return .refused }
    return Matching(inquiry.requirements, decisions).isComplete ? .met : .open
  }

  public func isExpired(at moment: Timestamp) -> Bool {
    inquiry.expiresAt.map { $0 <= moment } ?? false
  }

  /// The names of the requirements that are not met yet; of an unnamed one `anyone`.
  public var missing: [Requirement] {
    guard state == .open else { return [] }
    let found = Matching(inquiry.requirements, decisions).found
    return zip(inquiry.requirements, found).filter { $0.count > $1 }.map(\.0)
  }
}

/// Whom each requirement gets: one person counts for one of them only.
///
/// Not in the order in which they came: who may meet two requirements stands for the one that nobody else meets.
struct Matching {
  /// Of each requirement: how many people stand for it.
  private(set) var found: [Int]
  private let requirements: [Requirement]
  private let people: [[Int]]
  /// By person: the requirement that this one stands for.
  private var standsFor: [Int?]

  init(_ requirements: [Requirement], _ decisions: [Decision]) {
    self.requirements = requirements
    var seen: Set<String> = []
    people = decisions.filter { !$0.word.isRefusal && seen.insert($0.who).inserted }.map(\.meets)
    found = [Int](repeating: 0, count: requirements.count)
    standsFor = [Int?](repeating: nil, count: people.count)
    for person in people.indices {
      var tried: Set<Int> = []
      _ = place(person, &tried)
    }
  }

  var isComplete: Bool { zip(requirements, found).allSatisfy { $0.count <= $1 } }

  /// An augmenting path: whoever stands in the way goes elsewhere, if there is somewhere.
  private mutating func place(_ person: Int, _ tried: inout Set<Int>) -> Bool {
    for requirement in people[person] where requirements.indices.contains(requirement) {
      guard tried.insert(requirement).inserted else { continue }
      if found[requirement] < requirements[requirement].count {
        found[requirement] += 1
        standsFor[person] = requirement
        return true
      }
      for other in people.indices where standsFor[other] == requirement {
        if place(other, &tried) {
          standsFor[person] = requirement
          return true
        }
      }
    }
    return false
  }
}

/// What a signature is made over.
public enum SignedWords {
  /// Of `ssh-keygen -Y`: a signature for anything else is none here.
  public static let namespace = "decision@belay"

  /// One line a fact, so that a person can read what is signed.
  ///
  /// - Parameter values: what is recorded, as it was given.
  public static func text(
    run: String, plan: String, node: NodeID, asked: Int, word: Decision.Word,
    values: [(name: String, text: String)] = []
  ) -> String {
    let facts =
      ["run \(run)", "plan \(plan)", "node \(node)", "asked \(asked)", "decision \(word.rawValue)"]
      + values.map { "value \(oneLine($0.name))=\(oneLine($0.text))" }
    return "belay-decision-1\n" + facts.map { $0 + "\n" }.joined()
  }

  private static func oneLine(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": "\\\\"
      case "\n": "\\n"
      default: String(scalar)
      }
    }.joined()
  }
}
