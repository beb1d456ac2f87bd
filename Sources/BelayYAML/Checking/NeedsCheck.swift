internal import BelayModel

/// Resolves `needs` and refuses those that cannot be met.
struct NeedsCheck {
  private(set) var index: NodeIndex
  private(set) var found = DiagnosticList()
  private var nearest = NearestName()

  private let ids: [String]

  init(_ index: NodeIndex) {
    self.index = index
    ids = index.entries.map(\.node.id)
  }

  /// Returns the order that they make.
  mutating func check() -> NodeOrder {
    for number in index.entries.indices {
      let entry = index[number]
      if let needs = entry.node.needs {
        index.setNeeds(needs.compactMap { resolve($0, of: number) }, of: number)
      } else if index.lists[entry.list].isSequence, entry.position > 0 {
        index.setNeeds([index.lists[entry.list].members[entry.position - 1]], of: number)
      }
    }
    let order = NodeOrder(index)
    for cycle in order.cycles() { report(cycle) }
    return order
  }

  private mutating func resolve(_ need: Node.Need, of number: Int) -> Int? {
    guard let target = index.byID[need.id] else {
      report(
        "unknown-need", "there is no node '\(need.id)'", at: need.span,
        help: nearest.name(to: need.id, in: ids).map {
          "did you mean '\($0)'?"
        })
      return nil
    }
    if target == number {
      report("cycle", "'\(need.id)' waits for itself", at: need.span)
      return nil
    }
    if index.around(number).contains(target), index[target].region == index[number].region {
      report(
        "cycle", "'\(need.id)' is the group around this node: it ends after it", at: need.span,
        help: "wait for a node before the group, or move this node out of it")
      return nil
    }
    if index.around(target).contains(number), index[target].region == index[number].region {
      report("cycle", "'\(need.id)' stands inside this group: it starts after it", at: need.span)
      return nil
    }
    guard index[target].region == index[number].region else {
      report(
        "unmet-need", "'\(need.id)' \(place(index[target].region)) and cannot be waited for here",
        at: need.span)
      return nil
    }
    return target
  }

  private func place(_ region: NodeIndex.Region) -> String {
    switch region {
    case .main: "is one of the playbook's steps"
    case .steadyState: "is of the steady state"
    case .rollback(let owner): "is of the rollback of '\(index[owner].node.id)'"
    }
  }

  private mutating func report(_ cycle: [Int]) {
    let names = cycle.map { index[$0].node.id }
    let known = Set(names)
    // The place is a `needs` written on the circle: without one there is none.
    let written = cycle.flatMap { number in
      (index[number].node.needs ?? []).filter { known.contains($0.id) }
    }
    let place = written.first?.span ?? index[cycle[0]].node.span
    report("cycle", "these wait for each other: " + names.joined(separator: " → "), at: place)
  }

  private mutating func report(_ code: String, _ message: String, at span: SourceSpan, help: String? = nil) {
    found.append(Diagnostic(code: code, message, at: span, help: help))
  }
}
