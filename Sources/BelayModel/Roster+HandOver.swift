extension Roster {
  /// More turns than this in a row that change nothing are not looked through.
  private static let turnLimit = 2000

  /// Who has a role at a moment, and until when; whose it is then.
  public struct Duty: Hashable, Sendable {
    /// Ids; none: nobody.
    public var people: [String]
    /// By an override, not by the role's own rule.
    public var isOverridden: Bool
    /// Nil: it stays as it is.
    public var until: Timestamp?
    public var then: [String] = []
  }

  /// - Parameter zones: of the rotations, by name; nobody has a turn in one that is missing.
  public func duty(of role: Role, at moment: Timestamp, in zones: [String: ZoneRules]) -> Duty {
    let people = self.people(of: role, at: moment, in: zones)
    var duty = Duty(people: people, isOverridden: override(of: role, at: moment) != nil)
    var last = moment
    for _ in 0..<Roster.turnLimit {
      guard let next = boundary(of: role, after: last, in: zones) else { break }
      let then = self.people(of: role, at: next, in: zones)
      if then != people {
        duty.until = next
        duty.then = then
        break
      }
      last = next
    }
    return duty
  }

  private func override(of role: Role, at moment: Timestamp) -> Override? {
    overrides.first { $0.role.id == role.name && $0.from <= moment && moment < $0.to }
  }

  /// The next begin of a turn, or begin or end of an override.
  private func boundary(of role: Role, after moment: Timestamp, in zones: [String: ZoneRules]) -> Timestamp? {
    var moments = overrides.filter { $0.role.id == role.name }.flatMap { [$0.from, $0.to] }
    if case .rotation(let rotation) = role.members, let rules = zones[rotation.zone] {
      let turn = rotation.turn(at: moment, in: rules).map { $0 + 1 } ?? 0
      if let next = rotation.begin(ofTurn: turn, in: rules) { moments.append(next) }
    }
    return moments.filter { $0 > moment }.min()
  }
}

extension Roster.Rotation {
  /// The number of the turn that a moment lies in, from 0: turns begin when the clocks of the zone show the time of day
  /// that `from` had there, or so much later by those clocks as `every` says. A time that comes twice counts the first
  /// time; one that is left out is the moment of the change.
  ///
  /// - Parameter rules: of the rotation's zone.
  /// - Returns: nil before the first turn, and where a turn has no length.
  func turn(at moment: Timestamp, in rules: ZoneRules) -> Int64? {
    guard moment >= from, every > .zero, !people.isEmpty else { return nil }
    // Clocks that were set back have shown later times already, a day of them at most.
    let ahead = rules.clock(at: moment) + .seconds(86_400)
    guard let longest = ahead?.since(rules.clock(at: from)) else { return nil }
    var begun: Int64 = 0
    var later = longest.nanoseconds / every.nanoseconds + 1
    while later - begun > 1 {
      let middle = begun + (later - begun) / 2
      if let begin = begin(ofTurn: middle, in: rules), begin <= moment {
        begun = middle
      } else {
        later = middle
      }
    }
    return begun
  }

  fileprivate func begin(ofTurn turn: Int64, in rules: ZoneRules) -> Timestamp? {
    let (length, overflow) = every.nanoseconds.multipliedReportingOverflow(by: turn)
    guard !overflow, let shown = rules.clock(at: from) + TimeSpan(nanoseconds: length) else { return nil }
    return Timestamp(seconds: rules.moment(ofLocal: shown.seconds), nanoseconds: shown.nanoseconds)
  }
}

extension ZoneRules {
  /// What clocks there show, as if it were UTC.
  fileprivate func clock(at moment: Timestamp) -> Timestamp {
    Timestamp(seconds: moment.seconds + offset(at: moment.seconds), nanoseconds: moment.nanoseconds)
  }
}
