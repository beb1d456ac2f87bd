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
    let note = ["      exit status 3, and a long reason ", "      that goes on"]
    #expect(lines.contains(note[0]) && lines.contains(note[1]), "\(lines)")
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

  private static let asked = """
    belay: 1
    title: Deploy
    watch:
      - check: errors
        run: errors
        every: 10s
        trips_after: 1m
    steps:
      - gate: go
        approve: { by: oncall }
        message: Deploy it?
        within: 10m
      - check: soak
        run: look
        stays_for: 5m
        every: 10s
    """

  private static let question = OpenQuestion(
    node: "go", message: "Deploy it?\nCommit 4711\n", whom: "waits for oncall",
    choices: [
      .init("yes [note]", "approve: the run goes on behind it"), .init("no [why]", "reject: it has failed"),
    ],
    elsewhere: "belay approve k7qm go", typed: "ye")

  private func asking(_ more: [(Int64, RunEvent)] = [], at seconds: Int64 = 70) throws -> RunPicture {
    let inquiry = Inquiry(
      subject: .approval, message: "Deploy it?", requirements: [Requirement(by: ["oncall"])],
      expiresAt: after(600))
    let answer = WatchAnswer(verdict: .fail, reason: "value is 9", failingSince: moment(30))
    return try picture(
      [(0, .watchAnswered("errors", answer)), (10, .asked("go", inquiry))] + more, at: seconds,
      of: LiveFrameTests.asked)
  }

  @Test("whom a gate waits for and how long still, and that a watch fails, stand where they are")
  func people() throws {
    #expect(
      text(try asking(), columns: 80).prefix(4) == [
        "Deploy · 20270115-080000-k7qm",
        "◎ watch errors  fails for 0:40 of 1:00: value is 9",
        "◷ go  waits for oncall until 08:10:00 UTC, for 9 min more                   1:00",
        "· soak",
      ])
  }

  @Test("a question stands below the tree, with what each answer does and what has been typed")
  func question() throws {
    var picture = try asking()
    picture.question = LiveFrameTests.question
    let wide = LiveFrame(picture, marks: Marks(isUnicode: true), size: .init(columns: 80, rows: 24))
    #expect(wide.isOpen)
    #expect(
      wide.lines().map(\.text).suffix(9) == [
        "────────────────────  0 of 2 · 1:10", "", "Deploy it?", "Commit 4711", "go waits for oncall",
        "  yes [note]  approve: the run goes on behind it", "  no [why]    reject: it has failed",
        "  or wait: belay approve k7qm go says it from anywhere", "> ye",
      ])
    for (columns, rows) in [(40, 24), (40, 12), (20, 8), (120, 50), (8, 3)] {
      let lines = LiveFrame(picture, marks: Marks(isUnicode: true), size: .init(columns: columns, rows: rows))
        .lines()
      #expect(lines.count <= rows - 1 && lines.allSatisfy { $0.width <= columns })
      #expect(lines.last?.text == "> ye")
    }
    #expect(
      text(picture, columns: 80, rows: 9).suffix(4) == [
        "Deploy it?", "Commit 4711", "yes [note], or no [why]", "> ye",
      ])
    picture.question?.message = (1...9).map { "line \($0)" }.joined(separator: "\n")
    #expect(text(picture, columns: 80, rows: 9).contains("⋯ 6 more lines of the question"))
  }

  @Test("who watches is told that Ctrl-C stops nothing, and with which command to answer")
  func watched() throws {
    var picture = try asking()
    picture.isWatched = true
    #expect(text(picture, columns: 80).last == "Ctrl-C: no more is shown; the run goes on.")
    var question = LiveFrameTests.question
    question.choices = []
    question.typed = nil
    picture.question = question
    let lines = text(picture, columns: 80)
    #expect(lines.contains("Ctrl-C: no more is shown; the run goes on."))
    #expect(lines.last == "  answer it with: belay approve k7qm go")
    #expect(!LiveFrame(picture, marks: Marks(isUnicode: true), size: .init(columns: 80, rows: 24)).isOpen)
  }

  @Test("a soak says how much of its time it has; how the run stands is never cut off")
  func soak() throws {
    let progress = SoakProgress(
      coverage: .seconds(120), answers: 13, misses: 1, recent: [true, false], began: moment(60),
      asked: moment(190))
    let ana = Actor(name: "ana", assurance: .os, uid: 1000)
    let yes = Decision(asked: 4, word: .approved, by: ana, person: "ana", meets: [0])
    let picture = try asking(
      [
        (50, .decided("go", yes)), (50, .nodeFinished("go", NodeEnd(status: .succeeded))),
        (60, .nodeStarted("soak", waitsUntil: nil)), (190, .sampled("soak", progress)),
        (195, .stopRequested(.pause, by: ana)),
      ], at: 200)
    #expect(
      text(picture, columns: 80).contains {
        $0.hasPrefix("▸ soak  has stayed so for 2:00 of 5:00, but not in the last 1")
      })
    #expect(
      text(picture, columns: 40).prefix(2) == [
        "Deploy · 20270115-080000-k7qm", "pausing: what runs ends by itself",
      ])
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
