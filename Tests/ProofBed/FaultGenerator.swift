import BelayJournal
import BelaySimulation

extension Fault {
  /// Faults for a run that takes so many inputs when nothing goes wrong.
  static func draw(_ chance: inout Chance, inputs: Int) -> [Fault] {
    (0..<chance.int(0...5)).map { _ in
      Fault(at: chance.int(1...max(2, inputs * 3 / 2)), kind: kind(&chance))
    }
  }

  private static func kind(_ chance: inout Chance) -> Kind {
    switch chance.int(0...26) {
    case 0...3: .engineKilled
    case 4...5: .engineKilledPerforming(after: chance.int(0...3))
    case 6: .keeperKilled
    case 7: .keeperKilledStarting(chance.one(in: 2) ? .before : .after)
    case 8: .bothKilled
    case 9...10: .machineLost
    case 11: chance.one(in: 3) ? .appendFullForGood : .appendFull
    case 12: .appendBroken
    case 13: .storeSlow(chance.int(1...60))
    case 14: .notificationLost
    case 15: .notificationRepeated
    case 16: .answerLate(chance.int(1...90))
    case 17: .clockStepped(chance.int(1...100_000))
    case 18: .clockStepped(-chance.int(1...100_000))
    case 19: .secondEngine(wakesAfter: chance.int(0...12))
    case 20...21: .connectionsBroken
    case 22...23: .claimTaken(GroupSketch.claim, inputs: chance.int(1...200))
    default: .person(chance.pick(StopRequest.allCases))
    }
  }
}
