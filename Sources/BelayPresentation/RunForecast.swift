internal import BelayJournal
public import BelayModel
internal import BelayPlan

/// How far a run is, and how long the rest of it usually takes.
public struct RunForecast: Hashable, Sendable {
  /// Steps, checks and gates that have ended, of all that are not left out.
  public var ended: Int
  public var all: Int
  /// Along the longest path; nil where nothing of it is known.
  public var remaining: TimeSpan?
  /// A part of the path has no history.
  public var isAtLeast: Bool

  public init(_ picture: RunPicture) {
    let indexes = picture.plan.nodes.indices.filter { index in
      picture.plan.nodes[index].role == .main && !picture.isGroup(index)
    }
    let wanted = indexes.filter { !picture.isLeftOut($0) }
    all = wanted.count
    ended = wanted.count { picture.record(of: $0).status.hasEnded }
    let path = LongestPath(picture)
    let ends = picture.plan.nodes.indices.filter {
      picture.plan.nodes[$0].role == .main && picture.plan.nodes[$0].parent == nil
    }
    let rest = ends.map { path.end(of: $0) }.max() ?? 0
    remaining = path.isKnown ? TimeSpan(nanoseconds: rest) : nil
    isAtLeast = path.hasUnknown
  }
}

extension RunPicture {
  /// Its condition was false, or that of something around it.
  public func isLeftOut(_ index: Int) -> Bool {
    var at: Int? = index
    while let node = at {
      if record(of: node).status == .skipped { return true }
      at = plan.nodes[node].parent
    }
    return false
  }
}

/// From now, in nanoseconds, over the graph of what has not ended. Without recursion: a chain may be ten thousand long.
private struct LongestPath {
  private let ends: [Int64]
  let isKnown: Bool
  let hasUnknown: Bool

  init(_ picture: RunPicture) {
    let nodes = picture.plan.nodes
    var ends = [Int64](repeating: 0, count: nodes.count)
    var begins = ends
    var known = false
    var unknown = false
    // A node stands after what it needs and after the group around it, but for `needs` that point forward: those are
    // taken when they have been seen, which a second walk makes sure of.
    for _ in 0..<2 {
      for index in nodes.indices where nodes[index].role == .main {
        let before = nodes[index].needs.map { ends[$0] }.max() ?? 0
        begins[index] = max(before, nodes[index].parent.map { begins[$0] } ?? 0)
        var own: Int64 = 0
        if !picture.isGroup(index), !picture.record(of: index).status.hasEnded, !picture.isLeftOut(index) {
          if let expected = nodes[index].preview.expected {
            own = max(0, expected.nanoseconds - (picture.elapsed(index)?.nanoseconds ?? 0))
            known = true
          } else {
            unknown = true
          }
        }
        ends[index] = max(picture.isGroup(index) ? ends[index] : 0, begins[index] + own)
        var outer = nodes[index].parent
        while let group = outer {
          ends[group] = max(ends[group], ends[index])
          outer = nodes[group].parent
        }
      }
    }
    self.ends = ends
    isKnown = known
    hasUnknown = unknown
  }

  func end(of index: Int) -> Int64 { ends[index] }
}
