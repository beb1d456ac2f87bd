internal import BelayModel

/// What a name of another file leads to.
enum Link<File> {
  case file(File)
  case missing
  /// There, and no use: with the reason where nobody has said it yet.
  case unusable(why: String?)

  var file: File? { if case .file(let file) = self { file } else { nil } }
}

/// The other files of the project, as the one that is checked sees them.
struct Library {
  var actions: [String: Link<ActionFile>] = [:]
  var playbooks: [String: Link<Playbook>] = [:]
  var roster: Link<Roster> = .missing {
    didSet {
      roles = Names(roster.file?.roles.map(\.name) ?? [])
      people = Names(roles.all + (roster.file?.people.map(\.id) ?? []))
    }
  }
  private(set) var roles = Names([])
  /// And roles.
  private(set) var people = Names([])
  /// Of all that are there, read or not, for the nearest one.
  var actionNames: [String] = []
  var playbookNames: [String] = []
  /// For each playbook that leads back to itself, the way: `["a", "b", "a"]`.
  var circles: [String: [String]] = [:]
  /// Playbooks that are more than ``Limits/nodes`` nodes with all that they call.
  var tooLarge: Set<String> = []
  /// Playbooks that are one more than ``Limits/calls`` playbooks inside each other.
  var tooDeep: Set<String> = []

  /// What an action's answer offers by name; nil where that is not known.
  func outputs(of action: ActionSource) -> [String]? {
    guard let name = action.calledName else { return nil }
    return action.keyword == "uses"
      ? actions[name]?.file?.body.outputs.map(\.name) : playbooks[name]?.file?.outputs.map(\.name)
  }
}

extension ActionSource {
  /// The name of the file that it calls; nil for other actions, and where it is known in the plan only.
  var calledName: String? {
    guard isCall, case .text(let template) = fields.content else { return nil }
    return template.literal
  }
}

/// Names of files: no folder, no ending, nothing that leads elsewhere.
enum FileReference {
  static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, isPlain(first), name.utf8.count <= 200 else { return false }
    return name.utf8.allSatisfy { isPlain($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
      && !name.hasSuffix(".yaml") && !name.hasSuffix(".yml")
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
  }

  static func path(ofAction name: String) -> String { "playbooks/actions/\(name).yaml" }
  static func path(ofPlaybook name: String) -> String { "playbooks/\(name).yaml" }
  static let roster = "playbooks/roster.yaml"
}
