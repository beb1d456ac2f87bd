import Glibc
import TestFiles
import Testing

/// A PostgreSQL of the tests' own, started by the first that needs it, ended with the tests.
enum Postgres {
  // Made once, and only read after that.
  nonisolated(unsafe) private static let shared = Result { try started() }

  /// The URL of a database; tests make tables of their own in it.
  static func url(port: Int? = nil) throws -> String {
    let own = try self.port
    return "postgresql://postgres@127.0.0.1:\(port ?? own)/postgres"
  }

  static var port: Int { get throws { try shared.get().port } }

  private static func started() throws -> (port: Int, process: Child) {
    var template = Array("/tmp/belay-postgres-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Trouble("no temporary folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(folder, 0o755)
    let process = try Child(
      ["/bin/bash", OddServer.folder + "/postgres.sh", folder, "\(getpid())"], in: "/",
      environment: ["PATH=/usr/local/bin:/usr/bin:/bin"], output: folder + "/out", error: folder + "/error")
    let sandbox = try Sandbox()
    try sandbox.repeated("PostgreSQL") {
      if kill(process.pid, 0) != 0 { throw Trouble(Files.text(folder + "/error") ?? "it has ended") }
      return access(folder + "/port", F_OK) == 0
    }
    let text = Files.text(folder + "/port") ?? ""
    return (Int(text.split(separator: "\n").first ?? "") ?? 0, process)
  }
}

@Suite("Statements for a real PostgreSQL", .serialized) struct SQLTests {
  private func sandbox(_ steps: String, url: String? = nil, receipts: Bool = false) throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.execute(["/bin/mkdir", "-p", "playbooks/environments"]).wait()
    let kept = receipts ? ", receipts: true" : ""
    sandbox.write("belay: 1\nsecrets: { db: { env: DB\(kept) } }\n", to: "playbooks/environments/e.yaml")
    sandbox.write("belay: 1\nsteps:\n\(steps)\n", to: "playbooks/p.yaml")
    sandbox.write(try url ?? Postgres.url(), to: "url")
    return sandbox
  }

  private func run(_ sandbox: Sandbox, _ arguments: String...) throws -> End {
    let command = arguments.isEmpty ? ["run", "p", "-e", "e"] : arguments
    return try sandbox.start(command, variables: ["DB": sandbox.text("url")], in: nil).wait()
  }

  private func psql(_ sandbox: Sandbox, _ statement: String) throws -> String {
    let end = try sandbox.execute(["/usr/bin/psql", try Postgres.url(), "-qAtc", statement]).wait()
    guard end.status == 0 else { throw Trouble(end.error) }
    return end.output.split(separator: "\n").joined(separator: " ")
  }

  @Test(
    "a URL for another library, or none at all, is no name of a database on a server nearby",
    arguments: ["postgresql+psycopg2://app:hunter2@db.invalid/app", "dbname=nearby", "some_name"])
  func otherURL(url: String) throws {
    let check = "  - { check: a, sql: { url: \"${{ secrets.db }}\", query: select 1 } }"
    let sandbox = try sandbox(check, url: url)
    let end = try run(sandbox)
    #expect(end.status == 1)
    #expect(end.output.contains("the URL is none of postgresql://"), "\(end)")
    #expect(!(end.output + end.error).contains("hunter2"))
  }

  @Test("a server that turns us away has answered: with its SQLSTATE, and in its own words")
  func turnedAway() throws {
    let sandbox = try sandbox(
      """
        - check: there
          sql: { url: "${{ secrets.db }}", query: select 1 }
          fail_if: error.kind == "connect" && error.sqlstate == "3D000"
      """, url: Postgres.url() + "_of_nobody")
    let end = try run(sandbox)
    #expect(end.status == 1, "\(end)")
    let words = #"FATAL:  database "postgres_of_nobody" does not exist; error.kind"#
    #expect(end.output.contains(words), "\(end)")
    sandbox.write(try Postgres.url(port: 1), to: "url")
    let silent = try run(sandbox)
    #expect(silent.output.contains("there is unknown: "), "\(silent)")
  }

  @Test("values are bound, results have types, a list is one transaction")
  func values() throws {
    let sandbox = try sandbox(
      """
        - step: make
          sql:
            url: "${{ secrets.db }}"
            query:
              - create table ${{ identifier("odd \\"name\\"") }} (id int, name text, at timestamptz)
              - insert into ${{ identifier("odd \\"name\\"") }} values (${{ 1 }}, ${{ "'; drop table x; --" }}, '2026-03-01 02:11:00+00'), (2, null, null)
          expect: affected == 2 && size(results) == 2
          rollback: { sql: { url: "${{ secrets.db }}", query: 'drop table ${{ identifier("odd \\"name\\"") }}' } }
        - check: read
          sql: { url: "${{ secrets.db }}", query: 'select * from ${{ identifier("odd \\"name\\"") }} order by id' }
          expect:
            - row_count == 2 && rows[0].id == 1 && rows[0].name == "'; drop table x; --" && rows[1].name == null
            - rows[0].at == timestamp("2026-03-01T02:11:00Z") && columns == ["id", "name", "at"]
        - check: typed
          sql: { url: "${{ secrets.db }}", query: "select 1.5::numeric + 0.25 as n, true as b, '{\\"a\\": [1]}'::jsonb as j, array[1,2] as l, 'x'::text as t" }
          expect: rows[0].n == 1.75 && rows[0].b && rows[0].j.a[0] == 1 && rows[0].l == [1, 2]
        - check: one
          sql: { url: "${{ secrets.db }}", query: 'select count(*) from pg_database where datname = ${{ "postgres" }}' }
          expect: value == 1
        - step: halfway
          sql: { url: "${{ secrets.db }}", query: [create table halfway (), select 1/0] }
          fail_if: error.sqlstate == "22012"
          rollback: nothing
      """)
    let end = try run(sandbox)
    #expect(end.status == 1 && end.output.contains("22012"), "\(end)")
    #expect(try psql(sandbox, "select to_regclass('halfway') is null") == "t")
    #expect(try run(sandbox, "rollback", "last").status == 4)
  }

  @Test("a question writes nothing, and one that is blocked ends within its timeout")
  func questions() throws {
    let sandbox = try sandbox(
      """
        - check: sneaky
          sql: { url: "${{ secrets.db }}", query: "select set_config('a.b', nextval('pg_catalog.no_such')::text, false)" }
          on_failure: continue
        - check: slow
          sql: { url: "${{ secrets.db }}", query: select pg_sleep(600) }
          timeout: 1s
          fail_if: error.kind == "timeout"
      """)
    let end = try run(sandbox)
    #expect(end.status == 1 && end.output.contains("slow: failed"), "\(end)")
  }

  private static let deposit = """
      - step: deposit
        sql:
          url: "${{ secrets.db }}"
          query:
            - update TABLE set balance = balance + 1
            - select balance from TABLE
        expect: value == 1 && results[0].affected == 1
        rollback: nothing
    """

  @Test(
    "the answer to COMMIT is lost: with a receipt it happens once, without one the run holds",
    arguments: [true, false])
  func lostCommit(receipts: Bool) throws {
    let table = "account_\(receipts)"
    let sandbox = try sandbox(SQLTests.deposit.replacing("TABLE", with: table), receipts: receipts)
    _ = try psql(sandbox, "create table \(table) (balance int); insert into \(table) values (0)")
    if receipts { #expect(try sandbox.belay("receipts", "init", try Postgres.url()).status == 0) }
    let proxy = try sandbox.execute([
      "/usr/bin/python3", OddServer.folder + "/forgetful.py", sandbox.project, "\(try Postgres.port)",
    ])
    try sandbox.repeated("the proxy") { sandbox.exists("port") }
    sandbox.write(try Postgres.url(port: Int(sandbox.text("port"))), to: "url")
    let end = try run(sandbox)
    #expect(sandbox.exists("lost"))
    #expect(end.status == (receipts ? 0 : 3), "\(end)")
    #expect(try psql(sandbox, "select balance from \(table)") == "1")
    proxy.signal(SIGKILL)
  }

  /// Kills belay when its COMMIT has left and waits at a trigger for a lock.
  ///
  /// - Returns: who holds that lock.
  private func killedInCommit(_ sandbox: Sandbox, on table: String) throws -> Child {
    _ = try psql(
      sandbox,
      """
      create table \(table) (balance int); insert into \(table) values (0);
      create or replace function hold() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock(42); return null; end';
      create constraint trigger hold after update on \(table) deferrable initially deferred
      for each row execute function hold()
      """)
    let holder = try sandbox.execute([
      "/usr/bin/psql", try Postgres.url(), "-qAtc", "select pg_advisory_lock(42); select pg_sleep(600)",
    ])
    try sandbox.repeated("the lock") { try psql(sandbox, SQLTests.locks + "granted") == "1" }
    let engine = try sandbox.start(["run", "p", "-e", "e"], variables: ["DB": sandbox.text("url")], in: nil)
    try sandbox.repeated("the transaction waits") {
      try psql(sandbox, SQLTests.locks + "not granted") == "1"
    }
    try engine.killed()
    return holder
  }

  private static let locks = "select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and "

  private func ended(_ holder: Child, _ sandbox: Sandbox) throws {
    holder.signal(SIGKILL)
    let others = "from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"
    _ = try psql(sandbox, "select pg_terminate_backend(pid) \(others)")
  }

  @Test("killed between the effect and its record, a receipt makes it happen once")
  func killed() throws {
    let sandbox = try sandbox(SQLTests.deposit.replacing("TABLE", with: "account_killed"), receipts: true)
    #expect(try sandbox.belay("receipts", "init", try Postgres.url()).status == 0)
    try ended(killedInCommit(sandbox, on: "account_killed"), sandbox)
    let end = try run(sandbox, "resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(try psql(sandbox, "select balance from account_killed") == "1")
  }

  @Test("killed while it commits, verify is not asked before that has ended")
  func committing() throws {
    let proof = """
          verify:
            sql: { url: "${{ secrets.db }}", query: select balance from slow_account }
            expect: value == 1
            fail_if: value == 0
            within: 1m
      """
    let steps = SQLTests.deposit.replacing("TABLE", with: "slow_account")
    let sandbox = try sandbox("\(steps)\n\(proof)")
    let holder = try killedInCommit(sandbox, on: "slow_account")
    let resumed = try sandbox.start(
      ["resume", "last"], variables: ["DB": sandbox.text("url")], in: nil)
    // Who waits for the earlier attempt, or, wrongly, for the lock behind it.
    let waiting =
      "select count(*) > 0 from pg_stat_activity where query like '%pg_sleep(0.2)%' and pid <> pg_backend_pid()"
    try sandbox.repeated("the resumed run waits") {
      try psql(sandbox, waiting) == "t" || psql(sandbox, SQLTests.locks + "not granted") == "2"
    }
    try ended(holder, sandbox)
    let end = try resumed.wait()
    #expect(end.status == 0, "\(end)")
    #expect(try psql(sandbox, "select balance from slow_account") == "1")
  }

  @Test("an attempt that goes on in the server for longer than verify asks holds the run, and it says why")
  func stillCommitting() throws {
    let proof = """
          verify:
            sql: { url: "${{ secrets.db }}", query: select balance from held_account }
            timeout: 1s
            fail_if: value == 0
      """
    let steps = SQLTests.deposit.replacing("TABLE", with: "held_account")
    let sandbox = try sandbox("\(steps)\n\(proof)")
    let holder = try killedInCommit(sandbox, on: "held_account")
    let end = try run(sandbox, "resume", "last")
    #expect(end.status == 3, "\(end)")
    #expect(end.output.contains("an earlier attempt is still at work in the server"), "\(end)")
    try ended(holder, sandbox)
  }

  @Test("what cannot stand in a transaction is settled by verify, or holds", arguments: [true, false])
  func concurrently(verified: Bool) throws {
    let name = "wide_\(verified)"
    let proof = """
          verify:
            sql: { url: "${{ secrets.db }}", query: "select indisvalid from pg_index where indexrelid = '\(name)_i'::regclass" }
            expect: value
            within: 1m
            every: 1s
      """
    let sandbox = try sandbox(
      """
        - step: index
          sql: { url: "${{ secrets.db }}", query: create index concurrently \(name)_i on \(name) (a), transaction: false }
          rollback: nothing

      """ + (verified ? proof : ""))
    _ = try psql(sandbox, "create table \(name) (a int)")
    // An open transaction that it waits for.
    let blocker = try sandbox.execute([
      "/usr/bin/psql", try Postgres.url(), "-qAtc",
      "begin; insert into \(name) values (1); select pg_sleep(600)",
    ])
    try sandbox.repeated("the open transaction") {
      try psql(
        sandbox,
        "select count(*) from pg_stat_activity where query like '%insert into \(name)%' and pid <> pg_backend_pid()"
      ) == "1"
    }
    let engine = try sandbox.start(["run", "p", "-e", "e"], variables: ["DB": sandbox.text("url")], in: nil)
    try sandbox.repeated("the index is begun") {
      try psql(sandbox, "select to_regclass('\(name)_i') is not null") == "t"
    }
    try engine.killed()
    blocker.signal(SIGKILL)
    _ = try psql(
      sandbox,
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%insert into \(name)%' and pid <> pg_backend_pid()"
    )
    let end = try run(sandbox, "resume", "last")
    #expect(end.status == (verified ? 0 : 3), "\(end)")
  }
}
