import BelayActions
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayYAML
import Testing

private let yaml = """
  belay: 1
  title: Deploy main
  max_parallel: 20
  steps:
    - check: green
      title: Checks are green
      run: look
      within: 1m
    - group: release
      mode: parallel
      steps:
        - step: migrate
          title: Migrate the database
          run: migrate
          rollback: nothing
        - step: build
          run: build
          rollback: nothing
    - gate: settle
      wait: 90s
    - step: announce
      run: say
      rollback: nothing
  """

private let start = Timestamp(seconds: 1_800_000_000)

private func after(_ seconds: Int64) -> Timestamp { Timestamp(seconds: start.seconds + seconds) }

/// A run with what has happened in it, at so many seconds after its start.
private func picture(
  _ events: [(Int64, RunEvent)], at seconds: Int64, of yaml: String = yaml,
  expected: [NodeID: TimeSpan] = [:], tail: @escaping (NodeID) -> [String] = { _ in [] }
) throws -> RunPicture {
  let read = PlaybookReader(actions: builtInActions).read(
    bytes: Array(yaml.utf8), path: "playbooks/deploy.yaml", environment: nil)
  let request = PlanRequest(
    playbook: try #require(read.0, "\(read.1)"), environment: nil, params: ValueMap(),
    run: "20270115-080000-k7qm",
    version: "1", createdAt: start, project: "/srv", searchPath: "/bin", sources: [],
    findProgram: { Plan.Program(name: $0, path: "/bin/" + $0, size: 1, changedAt: 1) })
  var plan = try #require(PlanBuilder.plan(request, actions: builtInActions).plan)
  for index in plan.nodes.indices { plan.nodes[index].preview.expected = expected[plan.nodes[index].id] }
  let ana = Actor(name: "ana", assurance: .os, uid: 1000)
  var state = RunState(run: plan.run)
  let created = RunCreated(
    planDigest: "plan", playbook: "deploy", title: plan.title, environment: nil, initiator: ana, host: "h",
    version: "1", project: "/srv", commit: nil, dirty: false, claims: [])
  let driver = DriverStarted(epoch: 1, pid: 1, host: "h", bootID: "b", purpose: "run", actor: ana)
  for (second, event) in [(0, .runCreated(created)), (0, .driverStarted(driver))] + events {
    try state.apply(event, at: after(second))
  }
  return RunPicture(plan: plan, state: state, now: after(seconds), tail: tail)
}

private func moment(_ seconds: Int64) -> Moment {
  Moment(wall: after(seconds), boot: .seconds(seconds), bootID: "b")
}

private func intended(_ node: NodeID, _ number: Int) -> RunEvent {
  let intent = Intent(
    attempt: "1.\(number)", number: 1, key: "k\(number)", actionDigest: "", rollback: nil,
    timeout: .seconds(60),
    rerun: 0)
  return .attemptIntended(node, intent)
}

private let underWay: [(Int64, RunEvent)] = [
  (0, .nodeStarted("green", waitsUntil: moment(60))),
  (4, .nodeFinished("green", NodeEnd(status: .succeeded))),
  (4, .nodeStarted("release", waitsUntil: nil)),
  (4, intended("migrate", 1)), (4, intended("build", 2)),
]

private func text(_ picture: RunPicture, columns: Int, rows: Int = 24, isUnicode: Bool = true) -> [String] {
  LiveFrame(picture, marks: Marks(isUnicode: isUnicode), size: .init(columns: columns, rows: rows)).lines()
    .map(\.text)
}

@Suite("The live tree") struct LiveFrameTests {
  @Test("80 columns: state, title, what it has printed, elapsed and expected, how far, how long still")
  func wide() throws {
    let picture = try picture(
      underWay, at: 64, expected: ["migrate": .seconds(90), "settle": .seconds(90)],
      tail: { $0 == "migrate" ? ["one", "two\u{1B}[2J", "three", "four"] : [] })
    #expect(
      text(picture, columns: 80) == [
        "Deploy main · 20270115-080000-k7qm",
        "✓ green  Checks are green                                                   0:04",
        "▸ release                                                                   1:00",
        "  ▸ migrate  Migrate the database                                   1:00 / ~1:30",
        "    │ two\\u{1B}[2J",
        "    │ three",
        "    │ four",
        "  ▸ build                                                                   1:00",
        "· settle                                                                   ~1:30",
        "· announce",
        "━━━━────────────────  1 of 5 · 1:04 · at least 2 min left",
        "Ctrl-C: what runs ends, nothing new starts. Twice: what runs is stopped.",
      ])
  }

  @Test("40 columns: no titles, reasons on a line of their own; ASCII where the language has no more")
  func narrow() throws {
    let failed = NodeEnd(
      status: .failed,
      failure: Failure(kind: "exit", message: "exit status 3, and a long reason that goes on"))
    let picture = try picture(underWay + [(9, .nodeFinished("migrate", failed))], at: 10)
    let lines = text(picture, columns: 40, isUnicode: false)
    #expect(lines.allSatisfy { $0.unicodeScalars.count <= 40 && $0.unicodeScalars.allSatisfy(\.isASCII) })
    #expect(lines.contains("  x migrate                         0:05"))
    #expect(lines.contains { $0.hasPrefix("      exit status 3, and a long rea") && $0.hasSuffix("...") })
  }

  @Test("a gate says until when it waits, a check what it has heard so far")
  func waiting() throws {
    let answer = Answer(question: .ask, verdict: .fail, reason: "status is 503")
    let events: [(Int64, RunEvent)] = [
      (0, .nodeStarted("green", waitsUntil: moment(60))), (2, .answered("green", answer)),
    ]
    let asked = text(try picture(events, at: 3), columns: 100)
    #expect(asked[1].contains("not yet: status is 503, asked again until 08:01:00 UTC"))
    let gate = underWay.prefix(2) + [(9, .nodeStarted("settle", waitsUntil: moment(99)))]
    #expect(
      text(try picture(Array(gate), at: 10), columns: 100).contains {
        $0.contains("until 08:01:39 UTC, in 89 s")
      })
  }

  @Test(
    "what does not fit is counted; what is at work is seen, with the groups around it",
    arguments: [8, 12, 20])
  func excerpt(rows: Int) throws {
    let steps = (1...200).map { "  - step: s\($0)\n    run: x\n    rollback: nothing\n" }.joined()
    let events: [(Int64, RunEvent)] =
      (1...99).map { (0, .nodeSkipped("s\($0)", reason: .alreadyDone, note: nil, by: nil)) } + [
        (1, intended("s100", 1))
      ]
    let lines = text(
      try picture(events, at: 5, of: "belay: 1\nsteps:\n" + steps), columns: 80, rows: rows)
    #expect(lines.count <= rows - 1)
    #expect(lines.contains { $0.contains("s100") })
    #expect(lines.filter { $0.contains("more") }.count == 2)
  }

  @Test("a terminal of one line has one line")
  func tiny() throws {
    #expect(text(try picture(underWay, at: 64), columns: 10, rows: 1).count == 1)
  }
}

@Suite("Spans as people read them") struct SpanTextTests {
  @Test(arguments: [(0, "0:00"), (62, "1:02"), (3_730, "1:02:10"), (100_000, "1d 3h")])
  func counted(seconds: Int64, text: String) { #expect(TimeSpan.seconds(seconds).counted == text) }

  @Test(arguments: [(45, "45 s"), (480, "8 min"), (7_800, "2 h 10 min"), (7_200, "2 h"), (260_000, "3 d")])
  func rounded(seconds: Int64, text: String) { #expect(TimeSpan.seconds(seconds).rounded == text) }
}
