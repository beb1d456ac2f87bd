import TestFiles
import Testing

/// What `alembic.script` says of the SQL that an `alembic` prints which knows nothing else.
@Suite("The statements of a migration") struct MigrationTests {
  private static let action =
    Files.folder(of: Files.folder(of: Files.folder(of: #filePath))) + "/playbooks/actions/alembic.script.yaml"

  private static let playbook = #"""
    belay: 1
    steps:
      - check: script
        uses: alembic.script
        with: { from: a001, to: b002 }
      - step: tell
        run: |
          printf '%s\n' ${{ "drops: " + steps.script.drops.join(", ") }} > found
          printf '%s\n' ${{ "locks: " + steps.script.locks.join(", ") }} >> found
          printf '%s\n' ${{ "others: " + steps.script.others.join(", ") }} >> found
        rollback: nothing
    """#

  /// The lists that name something.
  private func found(in sql: String) throws -> [String] {
    let sandbox = try Sandbox(["look": Self.playbook])
    try sandbox.execute(["/bin/mkdir", "-p", "bin", "playbooks/actions"]).wait()
    try sandbox.execute(["/bin/cp", Self.action, "playbooks/actions/"]).wait()
    sandbox.write("#!/bin/sh\ncat printed\n", to: "bin/alembic")
    try sandbox.execute(["/bin/chmod", "+x", "bin/alembic"]).wait()
    sandbox.write(
      """
      BEGIN;

      -- Running upgrade a001 -> b002

      \(sql)

      UPDATE alembic_version SET version_num='b002' WHERE alembic_version.version_num = 'a001';

      COMMIT;

      """, to: "printed")
    let path = sandbox.project + "/bin:" + Sandbox.binaries + ":/usr/bin:/bin"
    let end = try sandbox.belay("run", "look", variables: ["PATH": path])
    #expect(end.status == 0, "\(end)")
    return sandbox.lines("found").filter { !$0.hasSuffix(": ") }.map { String($0.split(separator: ":")[0]) }
  }

  @Test(
    "that take something away, or write it anew, are found wherever the word stands",
    arguments: [
      "/* tidy */ drop table x;", "-- tidy; it's\ndrop table x;", "DROP INDEX ix;", "DROP FUNCTION f();",
      "with gone as (delete from t returning 1) select count(*) from gone;",
      "do $$ begin perform f(); end $$;", "ALTER TABLE t RENAME COLUMN a TO b;", "UPDATE t SET c = NULL;",
      "ALTER TABLE t ADD COLUMN a TEXT, DROP COLUMN c;", "TRUNCATE t;", "DELETE FROM alembic_version;",
      "COMMENT ON TABLE t IS 'a--b'; DROP TABLE x; -- c",
    ])
  func taken(sql: String) throws {
    #expect(try found(in: sql).first == "drops")
  }

  @Test(
    "that hold a lock for long are found",
    arguments: [
      "CREATE INDEX ix_concurrently ON t (a);", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);",
      "ALTER TABLE t ADD FOREIGN KEY(a) REFERENCES u (id) ON DELETE CASCADE;",
      "ALTER TABLE t ALTER COLUMN c TYPE BIGINT;", "ALTER TABLE t ALTER COLUMN c SET NOT NULL;",
      "ALTER TABLE t ADD COLUMN c UUID NOT NULL;", "ALTER TABLE t ADD COLUMN c SERIAL;",
      "ALTER TABLE t ADD COLUMN c UUID DEFAULT gen_random_uuid();",
      "CREATE TABLE v (a int);\nCREATE INDEX ix ON vv (a);",
    ])
  func locking(sql: String) throws {
    #expect(try found(in: sql) == ["locks"])
  }

  @Test(
    "that nobody knows are not taken for harmless",
    arguments: [
      "SELECT f();", "INSERT INTO t (a) VALUES (1);", "CREATE TABLE u (a) AS (SELECT f());",
      "SET lock_timeout = 0;", "GRANT ALL ON t TO public;",
      "/*\n-- */ DROP TABLE x; /*\n*/ COMMENT ON TABLE t IS NULL;",
    ])
  func unknown(sql: String) throws {
    #expect(try found(in: sql).contains("others"))
  }

  @Test(
    "that only add something raise no alarm",
    arguments: [
      "ALTER TABLE t ADD COLUMN c TEXT;", "ALTER TABLE t ADD COLUMN b BOOLEAN DEFAULT false NOT NULL;",
      "ALTER TABLE s.t ADD COLUMN n TIMESTAMP(6) WITH TIME ZONE DEFAULT now() NOT NULL;",
      "-- a comment; drop table x\nALTER TABLE t ADD COLUMN c TEXT; -- it's\n/* drop */ SHOW server_version;",
      "CREATE TABLE w (\n  a INTEGER, \n  FOREIGN KEY(a) REFERENCES u (id) ON DELETE CASCADE\n);\n"
        + "CREATE INDEX ix ON w (a);",
      "CREATE TYPE status AS ENUM ('new', 'drop');\nALTER TABLE t ADD COLUMN s status;",
      "COMMIT;\nCREATE UNIQUE INDEX CONCURRENTLY ix ON t (lower(a)) WHERE b > 1;\nBEGIN;",
      "COMMENT ON COLUMN s.t.c IS 'what we drop -- it''s old';",
      "ALTER TABLE t ALTER COLUMN c DROP NOT NULL;",
      "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;", "CREATE EXTENSION IF NOT EXISTS citext;",
      "INFO  [alembic.runtime.migration] Running upgrade a001 -> b002, Drop it; all",
    ])
  func harmless(sql: String) throws {
    #expect(try found(in: sql) == [])
  }
}
