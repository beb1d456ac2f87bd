import BelayActions
import BelayModel
import BelayPlan
import BelayYAML
import Testing

@Suite("What a plan says of actions that this version cannot run") struct ActionPlanTests {
  private static let playbook = """
    belay: 1
    params: { name: { type: string } }
    steps:
      - check: up
        http: { url: "https://h/${{ params.name }}", headers: { X-Key: "${{ secrets.key }}" } }
        outputs: { id: json.id }
      - check: script
        run: cat ${{ params.name }}
      - step: post
        http:
          method: POST
          url: https://h
          auth: { bearer: "${{ secrets.token }}" }
          json: { $set: { $timestamp: "${{ steps.up.id }}" }, n: 1.10, plain: { a: [1, null] } }
        rollback: nothing
      - step: rename
        sql:
          url: "${{ secrets.db }}"
          query: ["alter table a rename to ${{ identifier(params.name) }}", "update a set b = ${{ steps.up.id }}"]
        rollback: nothing
      - step: push
        redis: { url: redis://h, commands: [[LPUSH, "${{ params.name }}", "${{ steps.up.id }}"]] }
        rollback: nothing
      - check: ask
        manual: { text: "Is ${{ params.name }} well?", by: oncall, record: { well: { type: boolean } } }
        expect: well
        within: 1h
      - step: act
        manual: Press the button.
        within: 2h
        rollback: nothing
    """

  private static let environment: EnvironmentFile = {
    var environment = EnvironmentFile(name: "e", path: "playbooks/environments/e.yaml")
    environment.secrets = ["db", "key", "token", "unused"].map {
      EnvironmentFile.Secret(name: $0, span: .nowhere("e"), source: .env($0.uppercased()))
    }
    return environment
  }()

  private static func made(willRun: Bool) throws -> (plan: Plan?, diagnostics: [Diagnostic]) {
    let (playbook, diagnostics) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(Self.playbook.utf8), path: "playbooks/p.yaml", environment: environment)
    let request = PlanRequest(
      playbook: try #require(playbook, "\(diagnostics.map(\.message))"), environment: environment,
      params: ["name": .string("a/b \"c")], run: "20260104-020000-k7qm", version: "0.1.0",
      createdAt: try #require(Timestamp(text: "2026-01-04T02:00:00Z")), project: "/srv/app",
      searchPath: "/usr/bin:/bin", sources: [], willRun: willRun)
    return PlanBuilder.plan(request, actions: builtInActions)
  }

  @Test("it comes back from its bytes with the same words")
  func roundTrip() throws {
    let plan = try #require(try Self.made(willRun: false).plan)
    let read = try Plan(decoding: plan.encoded())
    #expect(read.encoded() == plan.encoded())
    for node in read.nodes {
      guard let source = node.bodies.first?.action else { continue }
      var diagnostics: [Diagnostic] = []
      let action = builtInActions[source.keyword]?.init(source, diagnostics: &diagnostics)
      #expect(diagnostics.filter { $0.severity == .error } == [], "\(node.id)")
      let before = plan.nodes.first { $0.id == node.id }?.bodies.first?.action
      let same = before.flatMap { builtInActions[$0.keyword]?.init($0, diagnostics: &diagnostics) }
      let look: (Expression) -> ShownValue = { .words($0.source) }
      #expect(action?.preview(look) == same?.preview(look), "\(node.id)")
    }
  }

  @Test("it shows requests as they will be sent")
  func shown() throws {
    let plan = try #require(try Self.made(willRun: false).plan)
    let shown = Dictionary(uniqueKeysWithValues: plan.nodes.map { ($0.id, $0.preview.action ?? "") })
    #expect(shown["up"] == "GET https://h/a%2Fb%20%22c\nX-Key: ${secrets.key}")
    #expect(
      shown["post"] == """
        POST https://h with a JSON body of 3 fields
        as the bearer of ${secrets.token}
        {"$set":{"$timestamp":"(known after up)"},"n":1.1,"plain":{"a":[1,null]}}
        """)
    #expect(
      shown["rename"] == """
        in one transaction:
        1. alter table a rename to "a/b ""c"
        2. update a set b = $1
        with $1 = (known after up)
        at ${secrets.db}
        """)
    #expect(shown["push"] == "LPUSH \"a/b \\\"c\" (known after up)\nat redis://h")
    #expect(shown["ask"] == "asks oncall: Is a/b \"c well?\nrecords well")
  }

  @Test("it names the secrets that actions bind, and no others")
  func secrets() throws {
    #expect(try Self.made(willRun: false).plan?.secrets.map(\.name) == ["db", "key", "token"])
  }

  @Test("a question that changes nothing is told from one on its author's word")
  func reads() throws {
    let plan = try #require(try Self.made(willRun: false).plan)
    #expect(plan.nodes.filter(\.preview.isRead).map(\.id) == ["up", "ask"])
    let text = plan.text(digest: "")
    #expect(text.split(separator: "on the author's word").count == 2)
    #expect(text.contains("waits for a person up to 2h"))
  }

  @Test("an attempt has the action's own timeout, and a person's has none")
  func timeouts() throws {
    let plan = try #require(try Self.made(willRun: false).plan)
    #expect(
      plan.nodes.map { $0.bodies.first?.timeout?.source } == ["30s", "1m", "30s", "1m", "10s", nil, nil])
    #expect(plan.nodes.map { $0.bodies.first?.within?.source } == [nil, nil, nil, nil, nil, "1h", "2h"])
  }

  @Test("a plan for a run has each of them")
  func runs() throws {
    #expect(try Self.made(willRun: true).plan?.nodes.count == 7)
  }
}
