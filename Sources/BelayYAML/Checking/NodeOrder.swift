internal import BelayModel

/// Who has certainly ended before who starts, by sequence, `needs` and groups.
///
/// Each node has a start and an end. A node ends after its start; a group starts before and ends after its children;
/// a node starts after the ends of what it needs. Whatever is reachable backwards happened before.
struct NodeOrder {
  private let index: NodeIndex
  /// For each node, the first position of its list from which on each one waits for the one before.
  private let runStart: [Int]
  /// What happened right before each point: the part of `before` from its offset to the next one's.
  private var offsets: [Int] = [0]
  private var before: [Int] = []
  /// All points but those on circles and behind them, each after what happened before it.
  private var sorted: [Int] = []
  private var isSorted: [Bool] = []
  /// For 64 nodes at a time: which of their ends happened before each point. The last few that were asked for.
  private var blocks: [(number: Int, masks: [UInt64])] = []
  /// All of a playbook with as many nodes as it may have: 40 MB, and only where references go to and fro.
  private static let blockLimit = 200

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
    for point in 0..<2 * index.entries.count {
      before += happenedBefore(point)
      offsets.append(before.count)
    }
    sort()
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

  private func points(before point: Int) -> ArraySlice<Int> { before[offsets[point]..<offsets[point + 1]] }

  private mutating func sort() {
    let count = 2 * index.entries.count
    var open = [Int](repeating: 0, count: count)
    var after = [[Int]](repeating: [], count: count)
    for point in 0..<count {
      open[point] = points(before: point).count
      for earlier in points(before: point) { after[earlier].append(point) }
    }
    isSorted = [Bool](repeating: false, count: count)
    var ready = (0..<count).filter { open[$0] == 0 }
    while let point = ready.popLast() {
      sorted.append(point)
      isSorted[point] = true
      for later in after[point] {
        open[later] -= 1
        if open[later] == 0 { ready.append(later) }
      }
    }
  }
}

extension NodeOrder {
  /// Whether `early` has ended, however it ended, when `late` starts.
  ///
  /// True for nodes on a circle and behind it: that is said already.
  mutating func isCertainlyBefore(_ early: Int, _ late: Int) -> Bool {
    if isBeforeInList(early, late) { return true }
    guard isSorted[end(early)], isSorted[start(late)] else { return true }
    return mask(of: early / 64, at: start(late)) & (1 << UInt64(early % 64)) != 0
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

  private mutating func mask(of block: Int, at point: Int) -> UInt64 {
    if let known = blocks.first(where: { $0.number == block }) { return known.masks[point] }
    var masks = [UInt64](repeating: 0, count: isSorted.count)
    for point in sorted {
      var mask: UInt64 = 0
      for earlier in points(before: point) {
        mask |= masks[earlier]
        let number = earlier / 2
        if earlier == end(number), number / 64 == block { mask |= 1 << UInt64(number % 64) }
      }
      masks[point] = mask
    }
    if blocks.count == NodeOrder.blockLimit { blocks.removeFirst() }
    blocks.append((block, masks))
    return masks[point]
  }

  /// Each circle once, as the nodes on it; the first stands at the end again.
  func cycles() -> [[Int]] {
    guard sorted.count < isSorted.count else { return [] }
    var state = isSorted.map { $0 ? UInt8(2) : 0 }
    var inCycle: Set<Int> = []
    var found: [[Int]] = []
    for first in state.indices where state[first] == 0 {
      var path: [(point: Int, rest: ArraySlice<Int>)] = [(first, points(before: first))]
      state[first] = 1
      while let top = path.indices.last {
        guard let next = path[top].rest.popLast() else {
          state[path[top].point] = 2
          path.removeLast()
          continue
        }
        if state[next] == 0 {
          state[next] = 1
          path.append((next, points(before: next)))
        } else if state[next] == 1, !inCycle.contains(next / 2),
          let from = path.lastIndex(where: { $0.point == next })
        {
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
