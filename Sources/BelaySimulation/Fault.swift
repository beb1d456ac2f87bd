public import BelayJournal

/// Something that goes wrong, or that a person does, right before the engine gets its n-th input.
public struct Fault: Hashable, Sendable {
  public enum SpawnMoment: String, Hashable, Sendable, CaseIterable {
    /// The keeper dies after it has written down that it will start something.
    case before
    /// The keeper dies after it has started something and before it has written down what.
    case after
  }

  public enum Kind: Hashable, Sendable {
    case engineKilled
    /// In the middle of carrying out what the engine wants: after this many commands.
    case engineKilledPerforming(after: Int)
    case keeperKilled
    case keeperKilledStarting(SpawnMoment)
    case bothKilled
    /// Power fails.
    case machineLost
    /// The disk is full, but for the reserve.
    case appendFull
    case appendFullForGood
    case appendBroken
    /// The next commit takes this many seconds.
    case storeSlow(Int)
    case notificationLost
    case notificationRepeated
    /// The next answer of the keeper comes this many seconds later.
    case answerLate(Int)
    /// All requests on their way lose their connections.
    case connectionsBroken
    /// Another run takes a claim that is free, and gives it back after so many inputs.
    case claimTaken(String, inputs: Int)
    /// The wall clock jumps by seconds.
    case clockStepped(Int)
    /// The driver freezes, another takes over, and the frozen one goes on when that has had so many inputs.
    case secondEngine(wakesAfter: Int)
    case person(StopRequest)

    /// Without its numbers, for statistics.
    public var name: String {
      switch self {
      case .engineKilled: "engine killed"
      case .engineKilledPerforming: "engine killed while performing"
      case .keeperKilled: "keeper killed"
      case .keeperKilledStarting(let moment): "keeper killed \(moment.rawValue) a spawn"
      case .bothKilled: "engine and keeper killed"
      case .machineLost: "machine lost"
      case .appendFull: "append: disk full"
      case .appendFullForGood: "append: disk full, and the reserve used up"
      case .appendBroken: "append: I/O error"
      case .storeSlow: "store slow"
      case .notificationLost: "notification lost"
      case .notificationRepeated: "notification repeated"
      case .answerLate: "answer late"
      case .connectionsBroken: "connections broken"
      case .claimTaken: "claim taken by another run"
      case .clockStepped(let seconds): seconds < 0 ? "clock stepped back" : "clock stepped forward"
      case .secondEngine: "second engine"
      case .person(let request): "person: \(request.rawValue)"
      }
    }
  }

  public var at: Int
  public var kind: Kind

  public init(at: Int, kind: Kind) {
    self.at = at
    self.kind = kind
  }
}
