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
      "run", "created_at", "saved", "sources", "programs", "scopes", "frames", "nodes",
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
    let list = { (plan: Plan) in
      plan.nodes.map { node in (node.id, (kind: node.kindName, json: node.json(among: plan.nodes))) }
    }
    let (before, after) = (list(ours), list(theirs))
    let known = Dictionary(after.map { ($0.0, $0.1) }) { first, _ in first }
    let old = Set(before.map(\.0))
    var lines: [String] = []
    for (id, node) in before {
      guard let now = known[id] else {
        lines.append("\(node.kind) \(id) is gone")
        continue
      }
      // The preview says the same once more, and a place moves with every line above it.
      let told: Set<String> = ["preview", "place", "frame"]
      let members = { (json: JSON) in (json.members ?? []).filter { !told.contains($0.key) } }
      lines += Plan.members(members(node.json), members(now.json)).map { "\(node.kind) \(id): \($0)" }
    }
    return lines + after.filter { !old.contains($0.0) }.map { "\($0.1.kind) \($0.0) is new" }
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
