import ArgumentParser
import BelayModel
import BelayPlan
import BelayWorld

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a run would do.",
    discussion: """
      Starts nothing, opens nothing, makes nothing. Every node is shown with a word for what is known of it.

      With -o it is saved too, for one run of exactly that: 'belay run FILE'. A plan that has expired or was used, or of
      which a file, a program or a parameter is otherwise by then, is refused with the difference.

      With --probe the checks that nothing has to happen for first are asked now: exit 0 when they hold, else 6.

      Examples:
        belay plan deploy -p version=1.4
        belay plan deploy -p version=1.4 --format markdown
        belay plan deploy -p version=1.4 --probe
        belay plan restore -e production -o restore.plan --expires 12h
      """)

  @OptionGroup var planning: PlanningOptions
  @OptionGroup var store: StoreOptions
  @OptionGroup var format: PlanFormatOption

  @Flag(name: .long, help: "Ask the checks that can be asked now; steps are not run.")
  var probe = false

  @Option(name: .customShort("o"), help: ArgumentHelp("Save the plan for one run.", valueName: "file"))
  var output: String?

  @Option(name: .long, help: "How long a saved plan may be run (default: 24h).")
  var expires: String?

  func run() throws {
    guard output != nil else {
      if expires != nil { throw Failure(.usage, "--expires is for a plan that is saved: -o FILE") }
      let (plan, bytes) = try planning.plan(history: History(store: store), willRun: probe)
      PlanFormatOption.print(plan, bytes, as: format.format)
      return try ask(plan)
    }
    try save()
  }

  private func save() throws {
    guard let output else { return }
    let text = expires ?? "24h"
    guard let span = TimeSpan(text: text), span > .zero else {
      throw Failure(.usage, "'--expires \(text)' is no duration", hints: ["such as 30m, 12h or 2d"])
    }
    var (plan, _) = try planning.plan(history: History(store: store), willRun: true)
    guard let end = SystemClock.wall() + span else {
      throw Failure(.usage, "'--expires \(text)' is too long")
    }
    plan.saved = Plan.Saved(expiresAt: end, store: store.folder)
    try SavedPlan.write(plan, to: output)
    PlanFormatOption.print(plan, plan.encoded(), as: format.format)
    Output.error.line("belay: saved, until \(plan.saved?.expiresAt.text ?? ""): \(typed("run \(output)"))")
    try ask(plan)
  }

  private func ask(_ plan: Plan) throws {
    guard probe else { return }
    try Probe(plan).go(json: format.format == .json)
  }
}

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what two plans do otherwise.",
    discussion: """
      Each is a saved plan or a run. A saved plan alone is held against its files as they are now.
      Exit status 0: nothing is otherwise, 6: something is.

      Examples:
        belay diff restore.plan
        belay diff restore.plan last
        belay diff k7qm n6gt
      """)

  @Argument(help: "A saved plan, or a run.")
  var old: String

  @Argument(help: "Another one; left out: the files of the saved plan as they are now.")
  var new: String?

  @OptionGroup var store: StoreOptions

  func run() throws {
    let before = try plan(old)
    let after: Plan
    if let new {
      after = try plan(new)
    } else {
      guard let saved = try SavedPlan(file: old) else {
        throw Failure(.usage, "'\(old)' is no saved plan: say what to hold it against")
      }
      after = try saved.planned()
    }
    let lines = before.differences(to: after)
    lines.forEach { Output.standard.line(printable($0)) }
    if !lines.isEmpty { throw ExitCode(ExitStatus.planDiffers.rawValue) }
  }

  private func plan(_ name: String) throws -> Plan {
    if let saved = try SavedPlan(file: name) { return saved.plan }
    let opened = try store.existing()
    return try RecordedRun(try RunArgument.find(name, in: opened, to: .reading), in: opened).plan
  }
}
