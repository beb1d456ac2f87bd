import ArgumentParser
import BelayPlan

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a run would do.",
    discussion: """
      Starts nothing, opens nothing, makes nothing. Every node is shown with a word for what is known of it.

      Examples:
        belay plan deploy -p version=1.4
        belay plan deploy -p version=1.4 --format json
      """)

  @OptionGroup var planning: PlanningOptions
  @OptionGroup var format: FormatOption

  func run() throws {
    let (plan, bytes) = try planning.plan()
    format.print(plan, bytes)
  }
}
