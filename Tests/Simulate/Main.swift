import ArgumentParser
import Glibc
import ProofBed

/// Plays seeds in the simulated world and says which promises were broken, and what has happened how often.
@main struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Play runs of chance playbooks with faults, and hold them to the engine's promises.",
    discussion: """
      Examples:
        simulate --seeds 100000
        simulate --seed 4711          one seed: its playbook, its faults, its journal; shrunk when it fails
        simulate --seeds 1000 --digest
      """)

  @Option(help: "How many seeds.") var seeds = 1000
  @Option(help: "The first seed.") var from: UInt64 = 0
  @Option(help: "Play only this seed, and show all of it.") var seed: UInt64?
  @Option(help: "How many threads.") var jobs = 2
  @Flag(help: "Stop at the first seed that fails.") var first = false
  @Flag(help: "Print one digest over everything that was written down and started.") var digest = false
  @Flag(help: "Print how often each thing has happened.") var coverage = false

  func run() async throws {
    LastWords.prepare()
    if let seed { return try show(seed) }
    let clock = ContinuousClock()
    let began = clock.now
    let tally = await play()
    let seconds = Double((clock.now - began).components.seconds) + 1e-9
    if coverage { tally.printCounts() }
    if digest { print("digest \(tally.digest)") }
    for line in tally.failures.prefix(20) { print(line) }
    let rate = Int(Double(seeds) / max(1, seconds))
    print(
      "\(seeds) seeds, \(tally.drivers) drivers, \(tally.inputs) inputs, \(Int(seconds)) s, \(rate) a second: "
        + (tally.failures.isEmpty ? "clean" : "\(tally.failures.count) FAILED"))
    let never = seeds >= Tally.completeFrom ? tally.never : []
    for name in never { print("never happened: \(name)") }
    if !tally.failures.isEmpty || !never.isEmpty { throw ExitCode(1) }
  }

  private func play() async -> Tally {
    let slices = (0..<jobs).map { (first: from + UInt64($0), step: UInt64(jobs), end: from + UInt64(seeds)) }
    return await withTaskGroup(of: Tally.self) { group in
      for slice in slices {
        group.addTask {
          var tally = Tally()
          for seed in stride(from: slice.first, to: slice.end, by: Int(slice.step)) {
            LastWords.playing(seed, job: Int(slice.first - from))
            tally.add(seed)
            if first, !tally.failures.isEmpty || Task.isCancelled { break }
          }
          return tally
        }
      }
      var all = Tally()
      for await tally in group {
        all.merge(tally)
        if first, !all.failures.isEmpty { group.cancelAll() }
      }
      return all
    }
  }

  private func show(_ seed: UInt64) throws {
    let scenario = try Scenario(seed: seed)
    // Before it is played: the engine may trap.
    print(scenario.text)
    fflush(nil)
    let outcome = try scenario.play()
    for line in outcome.journal { print(line) }
    guard let broken = outcome.broken.first else {
      print("seed \(seed): \(outcome.status), \(outcome.drivers) drivers, clean")
      return
    }
    // Before it is shrunk: that may take long.
    for violation in outcome.violations { print("seed \(seed): \(violation)") }
    fflush(nil)
    let small = scenario.shrunk(breaking: broken)
    let end = try small.play()
    print("as small as it gets:\n\n\(small.text)")
    for line in end.journal { print(line) }
    for violation in end.violations { print("seed \(seed): \(violation)") }
    throw ExitCode(1)
  }
}
