import BelayModel
import BelayPlan
import Testing

@Suite("The history of a playbook") struct PlanHistoryTests {
  private func past(_ total: Int64, _ nodes: [String: Int64]) -> PlanHistory.Past {
    PlanHistory.Past(total: .seconds(total), nodes: nodes.mapValues { .seconds($0) })
  }

  @Test("is the median of each node's times and of the whole")
  func medians() {
    let history = PlanHistory([past(10, ["a": 1]), past(90, ["a": 9, "b": 4]), past(20, ["a": 2, "b": 8])])
    #expect(history.total == .seconds(20) && history.runs == 3)
    #expect(history["a"] == .seconds(2) && history["b"] == .seconds(4) && history["c"] == nil)
    #expect(PlanHistory.none.total == nil)
  }
}
