import ProofBed
import Testing

@Suite("The simulated world") struct SimulationTests {
  @Test("keeps every promise, whatever goes wrong", arguments: 0..<60)
  func clean(seed: UInt64) throws {
    let outcome = try Scenario(seed: seed).play()
    #expect(outcome.violations == [], "simulate --seed \(seed)")
  }

  @Test("is the same when it is played again", arguments: 100..<110)
  func repeats(seed: UInt64) throws {
    let first = try Scenario(seed: seed).play()
    let second = try Scenario(seed: seed).play()
    #expect(first.digest == second.digest)
    #expect(first.journal == second.journal)
  }

  @Test("plays different runs for different seeds")
  func differs() throws {
    let digests = try (0..<20).map { try Scenario(seed: $0).play().digest }
    #expect(Set(digests).count > 15)
  }
}
