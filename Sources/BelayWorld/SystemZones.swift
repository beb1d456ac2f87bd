public import BelayModel
public import BelayPlan

/// The machine's own time zones.
public enum SystemZones {
  private static let folder = "/usr/share/zoneinfo/"

  /// Nil where the machine does not know it.
  public static func rules(_ name: String) -> ZoneRules? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else { return nil }
    if name == "UTC" { return .utc }
    guard let bytes = try? SmallFile.bytes(folder + name, limit: 1 << 20) else { return nil }
    return ZoneRules(tzif: bytes)
  }

  @Sendable public static func knows(_ name: String) -> Bool { rules(name) != nil }

  /// Of its rotations, by name.
  public static func rules(of roster: Roster?) -> [String: ZoneRules] {
    var zones: [String: ZoneRules] = [:]
    for name in roster?.zones ?? [] { zones[name] = rules(name) }
    return zones
  }

  /// Of the windows and rotations of a plan, by name.
  public static func rules(of plan: Plan) -> [String: ZoneRules] {
    var zones = rules(of: plan.roster)
    for node in plan.nodes {
      guard case .gate(let gate) = node.detail, case .window(let window) = gate.wait else { continue }
      zones[window.window.zone] = rules(window.window.zone)
    }
    return zones
  }
}
