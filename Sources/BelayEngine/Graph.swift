internal import BelayPlan

/// The plan's order as compact arrays: for each node who waits for it, who stands in it.
struct Graph {
  /// Rows of node indexes in one array (compressed sparse rows): no allocation per node.
  struct Rows {
    private var starts: [Int]
    private var items: [Int]

    init(count: Int, pairs: [(from: Int, to: Int)]) {
      starts = [Int](repeating: 0, count: count + 1)
      for pair in pairs { starts[pair.from + 1] += 1 }
      for index in 0..<count { starts[index + 1] += starts[index] }
      items = [Int](repeating: 0, count: pairs.count)
      var next = starts
      for pair in pairs {
        items[next[pair.from]] = pair.to
        next[pair.from] += 1
      }
    }

    subscript(row: Int) -> ArraySlice<Int> { items[starts[row]..<starts[row + 1]] }
  }

  let count: Int
  /// Nodes that need this one.
  let followers: Rows
  /// Children of a group, in the order of the file.
  let children: Rows
  let parents: [Int?]
  let needs: Rows
  /// Main nodes at the top.
  let top: [Int]
  let index: [String: Int]
  /// One past the last node of the subtree: nodes stand before what they hold.
  private let ends: [Int]
  /// What each name stands for, by frame.
  let targets: [[String: PlanFrame.Target]]

  init(_ plan: Plan) {
    let nodes = plan.nodes
    targets = plan.frames.map { frame in
      Dictionary(frame.names.map { ($0.id, $0.target) }, uniquingKeysWith: { first, _ in first })
    }
    count = nodes.count
    var order: [(from: Int, to: Int)] = []
    var holding: [(from: Int, to: Int)] = []
    var ends = Array(1...max(1, nodes.count))
    for (index, node) in nodes.enumerated() {
      order += node.needs.map { (from: $0, to: index) }
      if let parent = node.parent { holding.append((from: parent, to: index)) }
    }
    for index in nodes.indices.reversed() {
      if let parent = nodes[index].parent { ends[parent] = max(ends[parent], ends[index]) }
    }
    followers = Rows(count: nodes.count, pairs: order)
    children = Rows(count: nodes.count, pairs: holding)
    needs = Rows(count: nodes.count, pairs: order.map { (from: $0.to, to: $0.from) })
    parents = nodes.map(\.parent)
    top = nodes.indices.filter { nodes[$0].parent == nil && nodes[$0].role == .main }
    index = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.id, $0) })
    self.ends = ends
  }

  /// The node and everything in it.
  func subtree(_ node: Int) -> Range<Int> { node..<ends[node] }

  /// What a node waits for, by itself and by the groups around it.
  func prerequisites(of node: Int) -> [Int] {
    var found = Array(needs[node])
    var outer = parents[node]
    while let group = outer {
      found += needs[group]
      outer = parents[group]
    }
    return found
  }
}
