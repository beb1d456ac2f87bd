internal import BelayModel

/// Who has certainly ended before who starts, by sequence, `needs` and groups.
///
/// Each node has a start and an end. A node ends after its start; a group starts before and ends after its children;
/// a node starts after the ends of what it needs. Whatever is reachable backwards happened before.
struct NodeOrder {
  private let index: NodeIndex
  /// For each node, the first position of its list from which on each one waits for the one before.
  private let runStart: [Int]
  private var visited: [Int]
  private var visit = 0

  init(_ index: NodeIndex) {
    self.index = index
    var runStart = [Int](repeating: 0, count: index.entries.count)
    for list in index.lists {
      for (position, number) in list.members.enumerated() {
        let waits = position > 0 && index[number].needs.contains(list.members[position - 1])
        runStart[number] = waits ? runStart[list.members[position - 1]] : position
      }
    }
    self.runStart = runStart
    visited = [Int](repeating: 0, count: 2 * index.entries.count)
  }

  /// Whether `early` has ended, however it ended, when `late` starts.
  mutating func isCertainlyBefore(_ early: Int, _ late: Int) -> Bool {
    if isBeforeInList(early, late) { return true }
    visit += 1
    var open = [start(late)]
    while let at = open.popLast() {
      for before in happenedBefore(at) where visited[before] != visit {
        if before == end(early) { return true }
        visited[before] = visit
        open.append(before)
      }
    }
    return false
  }

  /// The common case, without a search: both stand, or the groups around them, in one sequence.
  private func isBeforeInList(_ early: Int, _ late: Int) -> Bool {
    let earlier = [early] + index.around(early)
    for late in [late] + index.around(late) {
      for early in earlier where index[early].list == index[late].list {
        let position = index[early].position
        return position >= runStart[late] && position < index[late].position
      }
    }
    return false
  }

  private func start(_ number: Int) -> Int { 2 * number }
  private func end(_ number: Int) -> Int { 2 * number + 1 }

  private func happenedBefore(_ point: Int) -> [Int] {
    let number = point / 2
    let entry = index[number]
    guard point == start(number) else {
      return [start(number)] + children(number).map(end)
    }
    // A rollback follows its step's start: the step may have failed.
    let around = entry.parent ?? index.owner(of: number)
    return entry.needs.map(end) + (around.map { [start($0)] } ?? [])
  }

  private func children(_ number: Int) -> [Int] {
    guard case .group(let group) = index[number].node.kind, !group.steps.isEmpty else { return [] }
    // A group's list follows it in the table: its first child has the next number.
    return index.lists[index[number + 1].list].members
  }

  /// Each circle once, as the nodes on it; the first stands at the end again.
  func cycles() -> [[Int]] {
    var state = [UInt8](repeating: 0, count: 2 * index.entries.count)
    var inCycle: Set<Int> = []
    var found: [[Int]] = []
    for first in state.indices where state[first] == 0 {
      var path: [(point: Int, rest: [Int])] = [(first, happenedBefore(first))]
      state[first] = 1
      while let top = path.indices.last {
        guard let next = path[top].rest.popLast() else {
          state[path[top].point] = 2
          path.removeLast()
          continue
        }
        if state[next] == 0 {
          state[next] = 1
          path.append((next, happenedBefore(next)))
        } else if state[next] == 1, let from = path.firstIndex(where: { $0.point == next }) {
          let nodes = NodeOrder.nodes(path[from...].map(\.point) + [next])
          if !nodes.contains(where: inCycle.contains) { found.append(nodes) }
          inCycle.formUnion(nodes)
        }
      }
    }
    return found
  }

  private static func nodes(_ points: [Int]) -> [Int] {
    var nodes: [Int] = []
    for point in points where nodes.last != point / 2 { nodes.append(point / 2) }
    if nodes.count > 1, nodes.first != nodes.last, let first = nodes.first { nodes.append(first) }
    return nodes
  }
}
