import BelayModel
import BelayPlan
import TestFiles
import Testing

/// `Tests/Procedures`: the hardest procedures of a runbook, planned in a protected environment.
@Suite("The procedures' plans") struct ProcedureTests {
  struct Procedure: CustomTestStringConvertible, Sendable {
    var name: String
    var params: [String] = []

    var testDescription: String { name }
    var arguments: [String] { [name, "-e", "production"] + params.flatMap { ["-p", $0] } }

    static let all = [
      Procedure(name: "celery-not-processing"),
      Procedure(
        name: "database-restore",
        params: [
          "dump=s3://backups/echo.dump", "manifest=s3://backups/echo.json", "lost_since=2026-01-04T00:00:00Z",
          "reason=the disk has lost the last hour",
        ]),
      Procedure(
        name: "incident",
        params: [
          "sev=SEV1", "title=Everything is down", "impact=nobody can log in",
          "started_at=2026-01-04T00:00:00Z",
        ]),
      Procedure(name: "is-it-up"),
      Procedure(
        name: "maintenance",
        params: [
          "start=2026-01-04T02:00:00Z", "end=2026-01-04T04:00:00Z", "announcement=a1", "rehearsal=r1",
          #"tasks=[{"name":"back","playbook":"railway-rollback","takes":"10m"},"#
            + #"{"name":"hands","playbook":"scale-worker","takes":"5m"}]"#,
        ]),
      Procedure(name: "migrate-up", params: ["target=abcd1234", "class=locking"]),
      Procedure(name: "railway-rollback"),
      Procedure(name: "standard-deployment", params: ["pr=42"]),
    ]

    static func named(_ name: String) throws -> Procedure { try #require(all.first { $0.name == name }) }
  }

  private static let folder = Files.folder(of: Files.folder(of: #filePath)) + "/Procedures"

  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    let copy = ["/bin/cp", "-r", ProcedureTests.folder + "/playbooks", sandbox.project]
    #expect(try sandbox.execute(copy).wait().status == 0)
    return sandbox
  }

  private func plan(_ name: String) throws -> Plan {
    let procedure = try Procedure.named(name)
    let sandbox = try sandbox()
    let end = try sandbox.start(
      ["plan"] + procedure.arguments + ["--format", "json"], variables: [:], in: nil
    ).wait()
    #expect(end.status == 0, "\(end)")
    return try Plan(decoding: Array(end.output.utf8))
  }

  @Test("every file of them is right")
  func valid() throws {
    let end = try sandbox().belay("validate")
    #expect(end.status == 0, "\(end)")
    #expect(end.output.contains(" 0 errors, 0 warnings"), "\(end)")
  }

  @Test("is made in every form, of every node, and touches nothing", arguments: Procedure.all)
  func planned(_ procedure: Procedure) throws {
    let sandbox = try sandbox()
    let look = ["/usr/bin/find", sandbox.project, sandbox.home, "-printf", "%p %T@ %s\n"]
    let before = try sandbox.execute(look).wait().output
    var forms: [String: String] = [:]
    for format in ["json", "text", "markdown"] {
      let end = try sandbox.start(
        ["plan"] + procedure.arguments + ["--format", format], variables: [:], in: nil
      ).wait()
      #expect(end.status == 0, "\(end)")
      forms[format] = end.output
    }
    #expect(try sandbox.execute(look).wait().output == before)
    let bytes = Array((forms["json"] ?? "").utf8)
    let plan = try Plan(decoding: bytes)
    #expect(plan.encoded() == bytes)
    for node in plan.nodes {
      for format in ["text", "markdown"] { #expect(forms[format]?.contains(node.id) == true, "\(node.id)") }
    }
  }

  @Test("none of them is begun while something of it cannot be run")
  func refused() throws {
    let sandbox = try sandbox()
    let end = try sandbox.start(
      ["run"] + (try Procedure.named("maintenance")).arguments + ["--yes"], variables: [:], in: nil
    ).wait()
    #expect(end.status == 2, "\(end)")
    #expect(!sandbox.exists(sandbox.store))
  }

  // MARK: What each says

  private func sentence(_ id: String, of plan: Plan) -> String? {
    plan.nodes.first { $0.id == id }?.preview.sentence
  }

  private func text(_ name: String) throws -> String {
    let procedure = try Procedure.named(name)
    let sandbox = try sandbox()
    return try sandbox.start(["plan"] + procedure.arguments, variables: [:], in: nil).wait().output
  }

  private func index(_ id: String, in plan: Plan) throws -> Int {
    try #require(plan.nodes.firstIndex { $0.id == id }, "\(id)")
  }

  private func approvals(_ id: String, of plan: Plan) -> [PlanApproval] {
    for node in plan.nodes where node.id == id {
      if case .gate(let gate) = node.detail, case .approve(let approvals) = gate.wait { return approvals }
    }
    return []
  }

  @Test("a choice shows every branch, each open until what it hangs on")
  func choice() throws {
    let plan = try plan("celery-not-processing")
    let act = try index("act", in: plan)
    let branches = plan.nodes.filter { $0.parent == act }
    #expect(
      branches.map(\.id) == [
        "redis_down", "worker_dead", "not_consuming", "stuck", "code_is_broken", "too_slow", "hand_over",
      ])
    #expect(branches.allSatisfy { $0.preview.sentence == "undetermined until redis" })
    #expect(branches.last?.when == nil)
    #expect(plan.claims == ["worker/production"])
    #expect(sentence("too_slow/scale", of: plan) == "undetermined until redis")
    #expect(plan.nodes.contains { $0.id == "too_slow/scale~rollback" })
    let text = try text("celery-not-processing")
    #expect(text.contains("when steps.redis.state == \"failed\""))
    #expect(text.contains("unknown if !(exit_code in [0, 69])"))
    #expect(text.contains("would ask: one of incident_commander (ada, cy), not the initiator, by signature"))
  }

  @Test("two requirements are of different people, a group's locks are its own, the swap's undo is shown")
  func restore() throws {
    let plan = try plan("database-restore")
    #expect(
      approvals("sign_loss", of: plan).map { $0.by.map(\.source) } == [
        ["incident_commander"], ["database_owner"],
      ])
    #expect(plan.claims.isEmpty)
    if case .group(let group) = plan.nodes[try index("restore", in: plan)].detail {
      #expect(group.claims == ["deploy/production", "database/production"])
    }
    if case .group(let group) = plan.nodes[try index("side_copy", in: plan)].detail {
      #expect(group.rollback == .root(try index("side_copy~rollback", in: plan)))
    }
    let text = try text("database-restore")
    #expect(text.contains("all of them, by different people"))
    #expect(text.contains("claims deploy/production, database/production while it lives"))
    #expect(text.contains("would wait until steps.swap.finished_at + params.keep_old_for"))
    #expect(text.contains("first reads replicas: "))
    #expect(text.contains("while it waits: after 10m engineering_manager (cy)"))
    #expect(text.contains("cannot be undone: Users write into the restored database from here on"))
  }

  @Test("an incident's deadlines, notices, watch and rounds are those of its severity")
  func incident() throws {
    let plan = try plan("incident")
    let due = Dictionary(uniqueKeysWithValues: plan.nodes.map { ($0.id, $0.due?.source) })
    #expect(due["acknowledge"] == "2026-01-04T00:05:00Z")
    #expect(due["mitigate"] == "2026-01-04T00:30:00Z")
    #expect(due["retrospective"] == "${{ steps.resolved.finished_at + duration('24h') }}")
    #expect(plan.notices.count == 3)
    if case .every(let span)? = plan.notices.last?.trigger { #expect(span.source == "15m") }
    #expect(plan.watches.map(\.id) == ["worse"])
    #expect(plan.watches.first?.onFailure == .continue && plan.watches.first?.onUnknown == .continue)
    let mitigate = try index("mitigate", in: plan)
    #expect(plan.nodes.filter { $0.parent == mitigate }.map(\.id).last == "mitigate#5")
    #expect(sentence("mitigate#2", of: plan) == "undetermined: only if mitigate#1 fails")
    #expect(sentence("mitigate#2/fix", of: plan) == "undetermined: only if mitigate#1 fails")
    #expect(plan.nodes.contains { $0.id == "mitigate#5/fix_deploy/roll_back" })
    if case .group(let group) = plan.nodes[try index("resolved", in: plan)].detail {
      #expect(group.call?.polling?.within.source == "24h")
    }
    #expect(sentence("second_person", of: plan) == "would skip, because params.sev != \"SEV1\" is false")
    #expect(plan.nodes[try index("acked", in: plan)].escalation.map(\.after.source) == ["5m", "30m"])
  }

  @Test("a maintenance window has its gates, its window, its copies, and what is temporary in it")
  func maintenance() throws {
    let plan = try plan("maintenance")
    let two = try #require(approvals("two_engineers", of: plan).first)
    #expect(two.count == 2 && two.exclude.map(\.source) == ["initiator"] && two.assurance == .signature)
    if case .gate(let gate) = plan.nodes[try index("window", in: plan)].detail,
      case .window(let window) = gate.wait
    {
      #expect(window.name == "maintenance" && window.window.zone == "UTC" && window.window.days == [.sun])
    }
    for copy in ["back", "hands"] { _ = try index("tasks[\(copy)]", in: plan) }
    _ = try index("task_run[back]/roll_back~rollback", in: plan)
    let temporary = plan.nodes.filter { node in
      if case .step(let step) = node.detail { step.temporary } else { false }
    }
    #expect(temporary.map(\.id) == ["pagerduty_window", "silence", "maintenance_on", "drain"])
    #expect(
      plan.nodes[try index("task_run[back]/roll_back", in: plan)].preview.action?.contains(
        "(known after before)") == true)
    let text = try text("maintenance")
    #expect(
      text.contains("would ask: 2 of engineers (ada, bo, cy), not the initiator, by signature, within 48h"))
    #expect(text.contains("would wait for the window maintenance: sun 02:00–04:00 UTC"))
    #expect(text.contains("then proves it: GET https://echo-ai.example.org/"))
  }

  @Test("a migration's rollback has a check, a gate and a step of its own")
  func migration() throws {
    let plan = try plan("migrate-up")
    let root = try index("upgrade~rollback", in: plan)
    let inside = plan.nodes.filter { $0.parent == root }
    #expect(inside.map(\.id) == ["version_now", "downgrade_ok", "downgrade"])
    #expect(inside.map(\.preview.sentence).last == "undetermined until version_now")
    #expect(approvals("downgrade_ok", of: plan).count == 2)
    #expect(sentence("dba", of: plan) == "undetermined until script")
    let rechecked = plan.nodes.filter { node in
      if case .check(let check) = node.detail { check.recheck } else { false }
    }
    #expect(rechecked.map(\.id) == ["no_other_migration", "no_blockers"])
    #expect(plan.nodes.contains { $0.id == "apply#5/upgrade" })
    #expect(plan.claims == ["deploy/production"])
  }

  @Test("a deployment names its watches, who may not approve, and what undoes the release as a whole")
  func deployment() throws {
    let plan = try plan("standard-deployment")
    #expect(plan.watches.map(\.id) == ["error_rate", "database"])
    #expect(plan.watches.map(\.tripsAfter.source) == ["5m", "1m"])
    #expect(plan.watches.first?.onUnknown == .stop)
    let go = try #require(approvals("go", of: plan).first)
    #expect(go.exclude.map(\.source) == ["initiator", "${{ steps.pull.author }}"])
    let root = try index("release~rollback", in: plan)
    #expect(
      plan.nodes.filter { $0.parent == root }.map(\.id) == [
        "autodeploy_off", "live", "redeploy_previous", "revert_pr",
      ])
    #expect(sentence("redeploy_previous/roll_back", of: plan) == "undetermined until live")
    if case .step(let merge) = plan.nodes[try index("merge", in: plan)].detail {
      #expect(merge.irreversible?.approval.exclude.map(\.source) == ["initiator"])
      #expect(merge.irreversible?.when?.source == "size(steps.pull.migrations) > 0")
    }
    let failing = plan.nodes.filter { $0.role == .main && $0.preview.ifItFails.isEmpty }
    #expect(failing.allSatisfy { $0.kindName == "group" }, "\(failing.map(\.id))")
  }
}
