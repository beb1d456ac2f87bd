internal import BelayJournal
internal import BelayModel
internal import BelayPlan

// What a group has captured is the state before the first change in it, and what it was given is what its nodes have
// read: both outlive a reset of the group for as long as that matters.

extension Engine {
  struct KeptCapture {
    var group: NodeID
    var name: String
    var value: Value
  }

  func capturesKept(resetting nodes: [NodeID]) -> [KeptCapture] {
    let all = Set(nodes.compactMap { graph.index[$0] })
    return all.sorted().filter(isGroup).flatMap { group in
      let captures = record(of: group).captures
      if captures.entries.isEmpty { return [KeptCapture]() }
      let parts = graph.subtree(group).filter { !isGroup($0) }
      let isChanged = parts.contains { record(of: $0).effects > 0 || wasApplied($0) }
      let isRead = parts.contains { record(of: $0).effects > 0 && !all.contains($0) }
      return captures.entries.compactMap { key, value in
        let name = key.text
        guard PlanScope.isGiven(name) ? isRead : isChanged else { return nil }
        return KeptCapture(group: id(group), name: name, value: value)
      }
    }
  }

  /// A temporary is applied again before the group begins again.
  private func wasApplied(_ node: Int) -> Bool {
    isTemporary(node) && (record(of: node).round > 1 || record(of: node).status != .pending)
  }
}
