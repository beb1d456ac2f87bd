import ProofBed

/// What many seeds have come to.
struct Tally: Sendable {
  private(set) var failures: [String] = []
  private(set) var inputs = 0
  private(set) var drivers = 0
  /// Does not depend on the order of the seeds.
  private var sum: UInt64 = 0
  private var counts: [String: Int] = [:]

  /// From so many seeds on, everything that can happen has to have happened.
  static let completeFrom = 20_000

  var digest: String {
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  mutating func add(_ seed: UInt64) {
    do {
      let outcome = try Scenario(seed: seed).play()
      inputs += outcome.inputs
      drivers += outcome.drivers
      sum &+= (UInt64(outcome.digest.prefix(16), radix: 16) ?? 0) &* (2 &* seed &+ 1)
      for (name, count) in outcome.coverage { counts[name, default: 0] += count }
      if let first = outcome.violations.first { failures.append("seed \(seed): \(first)") }
    } catch {
      failures.append("seed \(seed): \(error)")
    }
  }

  mutating func merge(_ other: Tally) {
    failures += other.failures
    inputs += other.inputs
    drivers += other.drivers
    sum &+= other.sum
    for (name, count) in other.counts { counts[name, default: 0] += count }
  }

  func printCounts() {
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(name)") }
  }

  /// What should have happened and has not.
  var never: [String] { Expectations.all.filter { counts[$0, default: 0] == 0 } }
}
