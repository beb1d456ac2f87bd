import BelayModel
import BelaySimulation

/// One simulated run, all of it drawn from a seed: the playbook, what its commands do, what goes wrong, what people do.
public struct Scenario: Hashable, Sendable {
  public var seed: UInt64
  var sketch: Sketch
  var faults: [Fault]
  /// Of latencies, and of what is left to chance when something dies.
  var world: UInt64
  /// Of what people do when the run rests; nil: nobody does anything.
  var people: UInt64?

  /// - Throws: when the playbook that was drawn is refused: a defect of the generator.
  public init(seed: UInt64) throws(ScenarioError) {
    var chance = Chance(seed: seed)
    self.seed = seed
    var generator = Generator(chance.split())
    sketch = generator.sketch()
    world = chance.next()
    people = nil
    faults = []
    let quiet = try Episode(self).run()
    people = chance.next()
    faults = Fault.draw(&chance, inputs: quiet.inputs)
  }

  public func play() throws(ScenarioError) -> Outcome { try Episode(self).run() }

  /// For people: what it takes to understand it.
  public var text: String {
    let faults = self.faults.sorted { $0.at < $1.at }.map { "  before input \($0.at): \($0.kind)" }
    let acts = sketch.acts.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }.map { name, acts in
      "  \(name): \(acts.map(\.summary).joined(separator: ", then "))"
    }
    return
      "\(sketch.text)\ncommands:\n\(acts.joined(separator: "\n"))\nfaults:\n\(faults.joined(separator: "\n"))\n"
      + "people: \(people.map(String.init) ?? "none")\n"
  }
}

public struct ScenarioError: Error, CustomStringConvertible {
  public var description: String
}

extension Act {
  var summary: String {
    if let refused { return "cannot start (\(refused))" }
    let effect = effectAt.map { ", effect at \($0)/1000" } ?? ", no effect"
    return
      "exit \(exitCode) after \(takes.nanoseconds / 1_000_000) ms\(effect)\(ignoresTerm ? ", ignores TERM" : "")"
  }
}
