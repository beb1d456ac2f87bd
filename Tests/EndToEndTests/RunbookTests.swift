import TestFiles
import Testing

/// The playbooks that are shipped, in the environments that are shipped, with nothing there: no server, no secret.
@Suite("The runbook's playbooks") struct RunbookPlaybooks {
  private static let environments = ["production", "staging", "lab"]

  /// What they cannot do without.
  private static let parameters: [String: [String]] = [
    "alerting-rules": [], "autodeploy": ["enabled=true"], "celery-not-processing": [], "database-backup": [],
    "announce-maintenance": [
      "start=2026-03-01T02:00:00Z", "end=2026-03-01T04:00:00Z", "what=Short interruptions",
    ],
    "database-query": ["file=question.sql"], "dependencies": [], "deployment-status": [], "health": [],
    "database-restore": [
      "backup=nightly", "lost_since=2026-03-01T02:00:00Z", "reason=Rows were deleted by mistake",
    ],
    "git-rollback": [
      #"commits=["0123456789012345678901234567890123456789"]"#, "reason=It breaks the login",
    ],
    "high-error-rate": [],
    "hotfix": [
      "branch=hotfix/login", "title=Login works again", "incident=INC-1", "rejected=The old one fails too",
    ],
    "incident": [
      "sev=SEV2", "title=Experiments fail", "impact=Nobody can start one", "started_at=2026-03-01T02:00:00Z",
    ],
    "interfaces": [], "logs": [],
    "maintenance": [
      "start=2026-03-01T02:00:00Z", "end=2026-03-01T04:00:00Z", "announcement=a1", "rehearsal=r1",
      #"tasks=[{"name": "look", "playbook": "health", "takes": "5m"}]"#,
    ],
    "migrate-check": [], "migrate-down": ["to=002_recurring", "reason=The column is wrong"],
    "migrate-up": ["class=expand"], "monitor": [], "oncall-handover": [], "quiet": [],
    "railway-rollback": [],
    "redis-query": [], "restart": ["reason=It hangs"],
    "revoke-tasks": [#"ids=["a"]"#, "reason=Started by mistake"],
    "run-script": ["script=backend/scripts/report.py", "reason=The monthly report"],
    "scale-out": ["replicas=1"], "scale-up": ["memory_gb=2", "vcpus=2", "reason=It runs out of memory"],
    "scale-worker": [], "set-variable": ["name=CELERY_CONCURRENCY", "value=4"], "slow-api": [],
    "smoke-test": [], "standard-deployment": ["pr=42"], "workers": [],
  ]

  @Test("every file is valid, without a warning", arguments: environments)
  func valid(environment: String) throws {
    let end = try Sandbox().belay("validate", "-e", environment, in: ExecutedDocuments.root)
    #expect(end.status == 0 && end.output.contains("0 errors, 0 warnings"), "\(end)")
  }

  @Test("every playbook is planned without a server or a secret, and nothing is made by that")
  func planned() throws {
    let sandbox = try Sandbox()
    let names = Files.names(in: ExecutedDocuments.root + "/playbooks").filter { $0.hasSuffix(".yaml") }
      .map { String($0.dropLast(".yaml".count)) }.filter { $0 != "roster" }
    #expect(names.sorted() == RunbookPlaybooks.parameters.keys.sorted())
    for (number, name) in names.sorted().enumerated() {
      let given = (RunbookPlaybooks.parameters[name] ?? []).flatMap { ["-p", $0] }
      let environment = RunbookPlaybooks.environments[number % RunbookPlaybooks.environments.count]
      let end = try sandbox.start(
        ["plan", name, "-e", environment] + given, variables: [:], in: ExecutedDocuments.root
      ).wait()
      #expect(end.status == 0, "\(name): \(end)")
    }
    #expect(Files.names(in: sandbox.home, hidden: true) == [])
  }

  @Test("the alerting rules fire when they should, and only then")
  func rules() throws {
    let sandbox = try Sandbox()
    let end = try sandbox.execute(
      ["/usr/bin/promtool", "test", "rules", ExecutedDocuments.root + "/playbooks/alerting/echo-ai.test.yml"]
    ).wait()
    #expect(end.status == 0, "\(end)")
  }

  @Test("tools/pg takes a URL apart, and shows its password to no argument")
  func client() throws {
    let sandbox = try Sandbox()
    let pg = ExecutedDocuments.root + "/playbooks/tools/pg"
    let url = "postgresql://ada:p%40ss%2Fword@db.example:6543/echo?sslmode=require"
    let script = #"echo "$PGUSER $PGPASSWORD $PGHOST $PGPORT $PGDATABASE $PGSSLMODE ${DATABASE_URL-gone} $0""#
    let whole = try sandbox.execute([pg, "bash", "-c", script], variables: ["DATABASE_URL": url]).wait()
    #expect(whole.output == "ada p@ss/word db.example 6543 echo require gone bash\n", "\(whole)")
    let other = try sandbox.execute(
      [pg, "--database", "copy", "bash", "-c", #"echo "$PGDATABASE""#], variables: ["DATABASE_URL": url]
    ).wait()
    #expect(other.output == "copy\n", "\(other)")
    for wrong in ["", "mysql://a:b@c/d", "postgresql://a:b@c/d?options=-c%20x"] {
      let end = try sandbox.execute([pg, "true"], variables: ["DATABASE_URL": wrong]).wait()
      #expect(end.status == 64, "\(wrong): \(end)")
    }
  }
}
