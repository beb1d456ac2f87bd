/// The order of a rollback: a node comes when everything that depended on it is done.
///
/// The plan's graph read backwards. A group has two vertices, its beginning (the node's index) and its end (the
/// index plus the number of nodes), so that what follows a group waits for all of it, and its children for it.
struct RollbackOrder: Hashable {
  private let count: Int
  private let scope: Set<Int>
  /// Followers that are not done, by vertex.
  private var missing: [Int: Int] = [:]

  /// - Parameter scope: the main nodes that take part; order that leads out of it does not matter.
  init(_ graph: Graph, scope: Set<Int>) {
    count = graph.count
    self.scope = scope
    for node in scope {
      let hasChildren = !graph.children[node].isEmpty
      if hasChildren { missing[node] = graph.children[node].count { scope.contains($0) } }
      let end = hasChildren ? node + count : node
      let followers = graph.followers[node].count { scope.contains($0) }
      let parent = graph.parents[node].map { scope.contains($0) ? 1 : 0 } ?? 0
      missing[end] = followers + parent
    }
  }

  /// The vertices that wait for nothing, in the order of the file.
  var first: [Int] { missing.filter { $0.value == 0 }.keys.sorted() }

  /// The vertex at which a node is undone: the end of a group, which comes before all that is in it.
  func vertex(undoing node: Int) -> Int { missing[node + count] == nil ? node : node + count }

  /// The node of a vertex, and whether the vertex is the one at which the node itself is undone.
  func node(of vertex: Int) -> (node: Int, isBeginning: Bool) {
    vertex >= count ? (vertex - count, false) : (vertex, true)
  }

  /// A vertex is done: those before it that wait for nothing more.
  mutating func done(_ vertex: Int, in graph: Graph) -> [Int] {
    let (node, isBeginning) = node(of: vertex)
    var before: [Int] = []
    if isBeginning {
      before += graph.needs[node].map { graph.children[$0].isEmpty ? $0 : $0 + count }
      if let parent = graph.parents[node] { before.append(parent) }
    } else {
      before += graph.children[node].map { graph.children[$0].isEmpty ? $0 : $0 + count }
    }
    return before.filter { vertex in
      guard let left = missing[vertex] else { return false }
      missing[vertex] = left - 1
      return left == 1
    }
  }
}
