internal import BelayModel

/// Every node of a playbook in one table, with what stands around it.
struct NodeIndex {
  /// A list of nodes that is run on its own.
  enum Region: Hashable {
    case main, steadyState
    /// The rollback of the step or group with this number.
    case rollback(of: Int)
  }

  struct Entry {
    var node: Node
    /// The group it stands in.
    var parent: Int?
    var region: Region
    /// Those in the same list, of which it is one.
    var list: Int
    var position: Int
    /// What it waits for, resolved; filled by ``NodeOrder``.
    var needs: [Int] = []
  }

  private(set) var entries: [Entry] = []
  /// Numbers of the nodes of each list, in the order written, and whether it is a sequence.
  private(set) var lists: [(members: [Int], isSequence: Bool)] = []
  private(set) var byID: [String: Int] = [:]
  /// Of every name, watches' included.
  private var places: [String: SourceSpan] = [:]
  private(set) var found = DiagnosticList()

  init(_ playbook: Playbook) {
    for watch in playbook.watches { nameWatch(watch) }
    add(playbook.steps, parent: nil, region: .main, isSequence: true)
    add(playbook.steadyState, parent: nil, region: .steadyState, isSequence: true)
  }

  /// Recursion is as deep as the file, at most 64 levels.
  private mutating func add(_ nodes: [Node], parent: Int?, region: Region, isSequence: Bool) {
    let list = lists.count
    lists.append(([], isSequence))
    for (position, node) in nodes.enumerated() {
      let number = entries.count
      entries.append(Entry(node: node, parent: parent, region: region, list: list, position: position))
      lists[list].members.append(number)
      name(number)
      switch node.kind {
      case .group(let group):
        for watch in group.watches { nameWatch(watch) }
        let isSequence = (group.mode?.written ?? .sequence) != .parallel
        add(group.steps, parent: number, region: region, isSequence: isSequence)
        if case .nodes(let nodes) = group.rollback {
          add(nodes, parent: nil, region: .rollback(of: number), isSequence: true)
        }
      case .step(let step):
        guard case .nodes(let nodes) = step.rollback else { break }
        add(nodes, parent: nil, region: .rollback(of: number), isSequence: true)
      case .check, .gate: break
      }
    }
  }

  private mutating func name(_ number: Int) {
    let node = entries[number].node
    if isNew(node.id, node.span) || byID[node.id] == nil { byID[node.id] = node.id.isEmpty ? nil : number }
  }

  /// A watch has a name of its own, and nothing that can be waited for or read.
  private mutating func nameWatch(_ watch: Watch) { _ = isNew(watch.id, watch.span) }

  private mutating func isNew(_ id: String, _ span: SourceSpan) -> Bool {
    // Without a name: said already.
    guard !id.isEmpty else { return false }
    guard let first = places.updateValue(span, forKey: id) else { return true }
    places[id] = first
    found.append(
      Diagnostic(
        code: "duplicate-id", "there are two nodes '\(id)'", at: span, help: "choose another name",
        notes: [Diagnostic.Note(message: "the first one", span: first)]))
    return false
  }

  mutating func setNeeds(_ needs: [Int], of number: Int) { entries[number].needs = needs }

  subscript(_ number: Int) -> Entry { entries[number] }

  /// The groups around a node, innermost first; from a rollback on to the groups around its step.
  func around(_ number: Int) -> [Int] {
    var around: [Int] = []
    var at = number
    while true {
      if let parent = entries[at].parent {
        at = parent
      } else if case .rollback(let owner) = entries[at].region {
        at = owner
      } else {
        return around
      }
      around.append(at)
    }
  }

  /// The step whose rollback a node belongs to, if it does.
  func owner(of number: Int) -> Int? {
    if case .rollback(let owner) = entries[number].region { owner } else { nil }
  }
}
