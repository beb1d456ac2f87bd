public import BelayModel

/// How long the nodes of a playbook have taken: medians of its last runs.
public struct PlanHistory: Hashable, Sendable {
  /// What one run that has succeeded took.
  public struct Past: Hashable, Sendable {
    public var total: TimeSpan
    /// Of nodes that succeeded, by id.
    public var nodes: [String: TimeSpan]

    public init(total: TimeSpan, nodes: [String: TimeSpan]) {
      self.total = total
      self.nodes = nodes
    }
  }

  /// How many runs it rests on.
  public let runs: Int
  /// Nil: there were none.
  public let total: TimeSpan?
  private let nodes: [String: TimeSpan]

  public static let none = PlanHistory([])

  public init(_ past: [Past]) {
    runs = past.count
    total = PlanHistory.median(past.map(\.total))
    var spans: [String: [TimeSpan]] = [:]
    for run in past { for (id, span) in run.nodes { spans[id, default: []].append(span) } }
    nodes = spans.compactMapValues(PlanHistory.median)
  }

  /// Nil: no run has come through that node.
  public subscript(node: String) -> TimeSpan? { nodes[node] }

  /// Of an even number the lower one of the two in the middle: a time that one of them has taken.
  private static func median(_ spans: [TimeSpan]) -> TimeSpan? {
    if spans.isEmpty { return nil }
    let span = spans.sorted()[(spans.count - 1) / 2]
    return .milliseconds((span.nanoseconds + 500_000) / 1_000_000)
  }
}

extension TimeSpan {
  /// For people, to two units: `1h30m`, `42s`, `350ms`.
  var rough: String {
    let steps: [(above: Int64, unit: Int64)] = [
      (86_400_000_000_000, 3_600_000_000_000), (3_600_000_000_000, 60_000_000_000),
      (10_000_000_000, 1_000_000_000), (0, 1_000_000),
    ]
    let unit = steps.first { nanoseconds >= $0.above }?.unit ?? 1_000_000
    let rounded = (nanoseconds + unit / 2) / unit * unit
    return TimeSpan(nanoseconds: rounded).text
  }
}
