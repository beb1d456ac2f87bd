import ArgumentParser
import BelayPlan

/// Gates that a person lets pass outside of their windows.
struct OutsideWindow: ParsableArguments {
  @Option(
    name: .customLong("outside-window"),
    help: ArgumentHelp(
      "Let this gate pass outside of its window; may be repeated. Needs --note; in a protected environment somebody else has to approve it.",
      valueName: "gate"))
  var gates: [String] = []

  func validate(_ note: String?) throws {
    if !gates.isEmpty, note?.isEmpty ?? true { throw ValidationError("--outside-window needs --note") }
  }

  /// - Throws: exit 2 for what is no gate with a window.
  func check(_ plan: Plan) throws {
    let known = plan.nodes.filter(\.hasWindow).map(\.id)
    for gate in gates where !known.contains(gate) {
      throw Failure(
        .usage, "'\(gate)' is no gate with a window",
        hints: known.isEmpty ? ["the playbook has none"] : ["there are: \(known.joined(separator: ", "))"])
    }
  }
}

extension PlanNode {
  fileprivate var hasWindow: Bool {
    if case .gate(let gate) = detail, case .window = gate.wait { true } else { false }
  }
}
