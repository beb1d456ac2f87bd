import BelayActions
import BelayModel
import BelayYAML
import TestFiles
import Testing

@Suite("Each key lands in the model") struct LanguageTests {
  private func playbook(_ text: String) throws -> Playbook {
    let (playbook, diagnostics) = PlaybookReader(actions: builtInActions).read(
      bytes: Array(text.utf8), path: "playbooks/deploy.yaml")
    return try #require(playbook, "\(diagnostics.map { $0.text(source: text) })")
  }

  @Test("gates") func gates() throws {
    let playbook = try playbook(
      """
      belay: 1
      params: { who: { type: string }, soak: { type: duration } }
      steps:
        - gate: go
          approve:
            - { by: [owner, "${{ params.who }}"], count: 2, exclude: [initiator], assurance: signature }
            - { by: ana, exclude: [] }
          message: Go?
          within: 30m
          due: 1h
          escalate: [{ after: 10m, to: [oncall, ana] }]
        - gate: night
          window: { days: [sat, sun], from: "22:00", to: "24:00", zone: Europe/Berlin }
        - gate: named
          window: maintenance
        - gate: moment
          until: steps.go.at + params.soak
        - gate: a_while
          wait: "${{ params.soak }}"
      """)
    guard case .gate(let go) = playbook.steps[0].kind, case .approve(let approvals) = go.wait,
      case .gate(let night) = playbook.steps[1].kind, case .gate(let named) = playbook.steps[2].kind,
      case .gate(let moment) = playbook.steps[3].kind, case .gate(let aWhile) = playbook.steps[4].kind,
      case .until(let expression) = moment.wait, case .wait(let span) = aWhile.wait,
      case .window(.named(let name)) = named.wait
    else {
      Issue.record("other kinds")
      return
    }
    #expect(approvals.map { $0.by.map(\.source) } == [["owner", "${{ params.who }}"], ["ana"]])
    #expect(approvals[0].count == .value(2) && approvals[0].assurance == .value(.signature))
    #expect(approvals[0].exclude?.map(\.source) == ["initiator"] && approvals[1].exclude?.isEmpty == true)
    #expect(go.message?.literal == "Go?" && go.within?.literal == "30m")
    #expect(playbook.steps[0].due?.literal == "1h")
    #expect(playbook.steps[0].escalation?.map { $0.after.literal } == ["10m"])
    #expect(playbook.steps[0].escalation?.first?.to.map(\.literal) == ["oncall", "ana"])
    let window = Window(days: [.sat, .sun], from: 22 * 60, to: 24 * 60, zone: "Europe/Berlin")
    #expect(night.wait == .window(.written(window)) && name.literal == "maintenance")
    #expect(expression.source == "steps.go.at + params.soak" && span.whole?.source == "params.soak")
  }

  @Test("watches and notices") func watches() throws {
    let playbook = try playbook(
      """
      belay: 1
      watch:
        - check: errors
          title: Errors
          run: cat rate
          expect: double(stdout) < 0.1
          every: 15s
          stays_for: 1m
          trips_after: 5m
          on_failure: rollback
          on_unknown: continue
      notify:
        - events: [failed, rolled_back]
          to: [oncall]
          uses: slack.post
          with: { text: "${{ event.text }}", many: [1, two] }
        - { every: 30m, uses: slack.post }
      steps: [{ check: a, run: "true" }]
      """)
    let watch = try #require(playbook.watches.first)
    #expect(watch.id == "errors" && watch.title?.literal == "Errors" && watch.body.expect.count == 1)
    #expect(watch.body.polling.every?.literal == "15s" && watch.body.polling.staysFor?.literal == "1m")
    #expect(watch.tripsAfter?.literal == "5m")
    #expect(watch.onFailure == .value(.rollback) && watch.onUnknown == .value(.continue))
    let notices = playbook.notices
    #expect(notices.map(\.action.keyword) == ["uses", "uses"])
    #expect(notices[0].trigger == .events([.failed, .rolledBack]) && notices[0].to.count == 1)
    #expect(notices[0].action.fields.templates.map(\.source) == ["slack.post"])
    #expect(notices[0].action.with.map(\.key) == ["text", "many"])
    guard case .every(let span) = notices[1].trigger else {
      Issue.record("no 'every'")
      return
    }
    #expect(span.literal == "30m")
  }

  @Test("groups and loops") func groups() throws {
    let playbook = try playbook(
      """
      belay: 1
      params: { hosts: { type: list, of: string } }
      steps:
        - group: all
          each: { host: "${{ params.hosts }}" }
          mode: parallel
          max_parallel: 2
          retry: { attempts: 5, delay: 10s, backoff: 1.5, max_delay: 1m, when: error.kind == "exit" }
          capture: { old: { run: cat version, value: "lines[0]" } }
          rollback: [{ step: undo, run: restore }]
          locks: ["deploy/a"]
          watch: [{ check: well, run: "true" }]
          env: { A: b }
          cwd: /srv
          shell: app
          steps: [{ check: one, run: "true" }]
        - group: pick
          mode: choice
          rollback: nothing
          steps: [{ check: first, when: "false", run: "true" }, { check: other, run: "true" }]
      """)
    guard case .group(let all) = playbook.steps[0].kind, case .group(let pick) = playbook.steps[1].kind else {
      Issue.record("no groups")
      return
    }
    let each = try #require(playbook.steps[0].each)
    #expect(each.name == "host" && each.items.templates.map(\.source) == ["${{ params.hosts }}"])
    #expect(all.mode == .value(.parallel) && all.maxParallel == .value(2))
    #expect(all.retry?.attempts == .value(5) && all.retry?.backoff == .value(1.5))
    #expect(all.retry?.delay?.literal == "10s" && all.retry?.maxDelay?.literal == "1m")
    #expect(all.retry?.when?.source == "error.kind == \"exit\"")
    #expect(all.captures.map(\.name) == ["old"] && all.captures.map(\.value.source) == ["lines[0]"])
    guard case .nodes(let undo) = all.rollback else {
      Issue.record("no rollback")
      return
    }
    #expect(undo.map(\.id) == ["undo"] && all.locks.map(\.literal) == ["deploy/a"])
    #expect(all.watches.map(\.id) == ["well"] && all.setting.env.map(\.name) == ["A"])
    #expect(all.setting.cwd?.literal == "/srv" && all.setting.shell?.literal == "app")
    #expect(pick.mode == .value(.choice) && pick.rollback == .nothing)
  }

  @Test("scalars that are bound to what is known in the plan") func bound() throws {
    let playbook = try playbook(
      """
      belay: 1
      params: { n: { type: integer }, flag: { type: boolean }, rule: { type: string }, more: { type: number } }
      on_failure: "${{ params.rule }}"
      max_parallel: "${{ params.n }}"
      steps:
        - step: a
          run: "true"
          retry: { attempts: "${{ params.n }}", backoff: "${{ params.more }}" }
          idempotent: "${{ params.flag }}"
          interrupt: ${{ params.flag }}
          sensitive: "${{ params.flag }}"
          max_output: "${{ params.n }}"
          keep: "${{ params.rule }}"
          on_failure: "${{ params.rule }}"
          rollback: nothing
        - check: b
          run: "true"
          tolerate: "${{ params.n }}"
          min_samples: "${{ params.n }}"
          recheck: "${{ params.flag }}"
          max_output: 64KiB
      """)
    #expect(playbook.onFailure?.template?.source == "${{ params.rule }}")
    #expect(
      playbook.maxParallel?.template?.whole?.source == "params.n" && playbook.maxParallel?.written == nil)
    guard case .step(let step) = playbook.steps[0].kind, case .check(let check) = playbook.steps[1].kind
    else {
      return
    }
    #expect(step.retry.attempts.template?.whole?.source == "params.n")
    #expect(step.retry.backoff?.template?.whole?.source == "params.more")
    #expect(
      [step.idempotent, step.interrupt, playbook.steps[0].sensitive].allSatisfy { $0?.template != nil })
    #expect(step.body.maxOutput?.template != nil && step.body.keep?.whole?.source == "params.rule")
    #expect(playbook.steps[0].onFailure?.template != nil)
    #expect(check.tolerate?.template != nil && check.minSamples?.template != nil)
    #expect(check.recheck?.template != nil && check.body.maxOutput == .value(64 << 10))
  }

  @Test("calls of other files") func calls() throws {
    let playbook = try playbook(
      """
      belay: 1
      steps:
        - step: a
          uses: slack.post
          with: { text: hello, thread: "${{ run.id }}" }
          rollback: { uses: slack.remove, with: { n: 1 } }
          irreversible: { why: Mail goes out, recover: Write another one, by: [owner] }
        - step: b
          playbook: smoke-test
          retry: { attempts: 3 }
      """)
    guard case .step(let a) = playbook.steps[0].kind, case .step(let b) = playbook.steps[1].kind,
      case .body(let undo) = a.rollback
    else { return }
    #expect(a.body.action?.keyword == "uses" && a.body.action?.with.map(\.key) == ["text", "thread"])
    #expect(undo.body.action?.with.map(\.key) == ["n"] && a.irreversible?.by.map(\.literal) == ["owner"])
    #expect(b.retry.attempts == .value(3))
    #expect(
      b.body.action?.keyword == "playbook" && b.body.action?.fields.templates.map(\.source) == ["smoke-test"])
  }

  @Test("an action file") func action() throws {
    let bytes = Files.bytes("\(GoldenTests.folder)/action-good.yaml") ?? []
    let (action, _) = ActionFileReader(actions: builtInActions).read(
      bytes: bytes, path: "playbooks/actions/unit.state.yaml")
    let file = try #require(action)
    #expect(file.name == "unit.state" && file.effect == .read && file.description == "The state of a unit")
    #expect(file.params.map(\.name) == ["unit", "host"] && file.params.map(\.required) == [true, false])
    #expect(file.body.action?.keyword == "run" && file.body.outputs.map(\.name) == ["state", "known"])
    #expect([file.body.unknownIf.count, file.body.failIf.count, file.body.expect.count] == [1, 1, 2])
  }

  @Test("the roster") func roster() throws {
    let bytes = Files.bytes("\(GoldenTests.folder)/roster-good.yaml") ?? []
    let (read, _) = RosterReader().read(bytes: bytes, path: "playbooks/roster.yaml")
    let roster = try #require(read)
    #expect(roster.people.map(\.id) == ["ana", "ben"] && roster.people.map(\.name) == ["Ana", "Ben"])
    #expect(roster.people[0].accounts["slack"] == .string("U0ANA"))
    #expect(roster.people[0].keys == ["ssh-ed25519 AAAA ana"])
    guard case .rotation(let rotation) = roster.roles[0].members,
      case .people(let owner) = roster.roles[1].members
    else {
      Issue.record("other roles")
      return
    }
    #expect(rotation.people.map(\.id) == ["ana", "ben"] && rotation.every == .seconds(7 * 86_400))
    #expect(rotation.from.text == "2026-01-05T09:00:00Z" && rotation.zone == "Europe/Berlin")
    #expect(rotation.offset == 1 && owner.map(\.id) == ["ana"])
    let override = try #require(roster.overrides.first)
    #expect(override.role.id == "oncall" && override.person.id == "ben")
    #expect(override.from.text == "2026-02-01T09:00:00Z" && override.to.text == "2026-02-03T09:00:00Z")
    #expect(roster.escalation.map(\.after) == [.zero, .seconds(300)])
    #expect(roster.escalation.map { $0.to.map(\.id) } == [["oncall"], ["owner", "ben"]])
  }

  @Test("an environment's shells, windows, store and commands for secrets") func environment() throws {
    let text = """
      belay: 1
      store: postgres://db/belay
      secrets: { db: { exec: [pass, show, db], receipts: true } }
      shells: { app: { command: [ssh, host, bash, -s], setup: "cd /srv" }, plain: { command: [bash, -s] } }
      windows: { night: { days: [sun], from: "02:00", to: "04:00", zone: UTC } }
      """
    let file = try #require(
      EnvironmentReader().read(bytes: Array(text.utf8), path: "playbooks/environments/e.yaml").environment)
    #expect(file.store == "postgres://db/belay" && file.secrets.map(\.receipts) == [true])
    #expect(file.secrets.map(\.source) == [.exec(["pass", "show", "db"])])
    #expect(file.shells.map(\.name) == ["app", "plain"] && file.shells.map(\.setup) == ["cd /srv", ""])
    #expect(file.shells[0].command == ["ssh", "host", "bash", "-s"])
    #expect(file.windows.map(\.name) == ["night"])
    #expect(file.windows[0].window == Window(days: [.sun], from: 120, to: 240, zone: "UTC"))
  }
}
