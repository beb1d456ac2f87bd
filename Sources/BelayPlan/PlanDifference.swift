internal import BelayModel

extension Plan {
  /// What another plan says otherwise, a line each, for people: files first, what runs last.
  ///
  /// Its run, its times and what it was saved for are no difference: no two plans share them.
  public func differences(to other: Plan) -> [String] {
    var lines = Plan.files(sources, other.sources) + Plan.programs(programs, other.programs)
    lines += Plan.values("param", scopes.first?.params, other.scopes.first?.params)
    var (ours, theirs) = (json.members ?? [], other.json.members ?? [])
    let told: Set<String> = [
      "run", "created_at", "saved", "expected", "sources", "programs", "scopes", "frames", "nodes",
    ]
    ours.removeAll { told.contains($0.key) }
    theirs.removeAll { told.contains($0.key) }
    lines += Plan.members(ours, theirs)
    lines += Plan.nodes(self, other)
    if lines.isEmpty, scopes != other.scopes || frames != other.frames {
      lines.append("what called playbooks are given")
    }
    return lines
  }

  private static func files(_ ours: [SourceFile], _ theirs: [SourceFile]) -> [String] {
    compared(ours.map { ($0.path, $0.digest) }, theirs.map { ($0.path, $0.digest) }) { path, old, new in
      old == nil ? "\(path) is read as well" : new == nil ? "\(path) is not read" : "\(path) has changed"
    }
  }

  private static func programs(_ ours: [Program], _ theirs: [Program]) -> [String] {
    compared(ours.map { ($0.name, $0) }, theirs.map { ($0.name, $0) }) { name, old, new in
      guard let old, let new else {
        return "program \(name): \(old == nil ? "is used as well" : "is not used")"
      }
      if old.path != new.path {
        return "program \(name): \(old.path ?? "not found") → \(new.path ?? "not found")"
      }
      return "program \(new.path ?? name) has changed"
    }
  }

  private static func values(_ what: String, _ ours: ValueMap?, _ theirs: ValueMap?) -> [String] {
    let list = { (map: ValueMap?) in (map?.entries ?? []).map { ($0.key.text, $0.value) } }
    return compared(list(ours), list(theirs)) { name, old, new in
      "\(what) \(name): \(old?.text ?? "none") → \(new?.text ?? "none")"
    }
  }

  private static func members(_ ours: [JSON.Member], _ theirs: [JSON.Member]) -> [String] {
    compared(ours.map { ($0.key, $0.value) }, theirs.map { ($0.key, $0.value) }) { key, old, new in
      "\(key): \(short(old)) → \(short(new))"
    }
  }

  private static func nodes(_ ours: Plan, _ theirs: Plan) -> [String] {
    let known = Dictionary(theirs.nodes.map { ($0.id, $0) }) { first, _ in first }
    let old = Set(ours.nodes.map(\.id))
    var lines: [String] = []
    for node in ours.nodes {
      guard let now = known[node.id] else {
        lines.append("\(node.kindName) \(node.id) is gone")
        continue
      }
      lines += otherwise(node, in: ours, now, in: theirs).map { "\(node.kindName) \(node.id): \($0)" }
    }
    return lines + theirs.nodes.filter { !old.contains($0.id) }.map { "\($0.kindName) \($0.id) is new" }
  }

  /// A node of two plans, a line for each key.
  static func otherwise(_ node: PlanNode, in ours: Plan, _ now: PlanNode, in theirs: Plan) -> [String] {
    // The preview says the same once more, and a place moves with every line above it.
    let told: Set<String> = ["preview", "place", "frame"]
    let lists = [node.json(among: ours.nodes), now.json(among: theirs.nodes)].map { json in
      (json.members ?? []).filter { !told.contains($0.key) }.map(Plan.withoutPositions)
    }
    return members(lists[0], lists[1])
  }

  /// Of a call without where its scope and frame stand: others before it move them.
  private static func withoutPositions(_ member: JSON.Member) -> JSON.Member {
    guard member.key == "call", let members = member.value.members else { return member }
    return JSON.Member("call", .object(members.filter { $0.key != "scope" && $0.key != "frame" }))
  }

  /// In the order of the first list; what only the second has comes last.
  private static func compared<Item: Equatable>(
    _ ours: [(String, Item)], _ theirs: [(String, Item)], _ line: (String, Item?, Item?) -> String
  ) -> [String] {
    let after = Dictionary(theirs) { first, _ in first }
    let before = Set(ours.map(\.0))
    let changed = ours.filter { after[$0.0] != $0.1 }.map { line($0.0, $0.1, after[$0.0]) }
    return changed + theirs.filter { !before.contains($0.0) }.map { line($0.0, nil, $0.1) }
  }

  private static func short(_ json: JSON?) -> String {
    guard let json else { return "none" }
    let text = json.text
    return text.count <= 120 ? text : text.prefix(119) + "…"
  }
}
