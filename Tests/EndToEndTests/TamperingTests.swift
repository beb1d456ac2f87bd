import Glibc
import Testing

@Suite("A store that somebody has edited") struct Tampering {
  private static let playbook = """
    belay: 1
    steps:
      - step: one
        run: echo one
        rollback: nothing
      - step: two
        run: echo two
        rollback: nothing
    """

  private static let editor = """
    import sqlite3, sys
    database = sqlite3.connect(sys.argv[1])
    for statement in sys.argv[2].split(";"):
        assert database.execute(statement).rowcount != 0, statement
    database.commit()
    """

  @Test(
    "is told from one that nobody has: the verification names the place, exit 8",
    arguments: [
      (
        "a byte of a line",
        "UPDATE event SET line = replace(line, 'one', 'onf') WHERE n = 3 AND run = (SELECT max(run) FROM run)"
      ),
      ("a byte of a stamp", "UPDATE event SET stamp = replace(stamp, '20', '21') WHERE n = 2"),
      ("a derived table", "UPDATE run SET status = 'failed'"),
      ("a title", "UPDATE run SET title = title || '.'"),
      ("an event deleted", "DELETE FROM event WHERE n = 4"),
      (
        "two events swapped",
        "UPDATE event SET n = 1000 WHERE n = 3;UPDATE event SET n = 3 WHERE n = 4;UPDATE event SET n = 4 WHERE n = 1000"
      ),
      (
        "a run removed",
        "DELETE FROM event WHERE run = (SELECT min(run) FROM run);DELETE FROM run WHERE run = (SELECT min(run) FROM run)"
      ),
      (
        "the newest run removed",
        "DELETE FROM event WHERE run = (SELECT max(run) FROM run);DELETE FROM run WHERE run = (SELECT max(run) FROM run)"
      ),
      ("a plan", "UPDATE plan SET bytes = CAST(replace(CAST(bytes AS TEXT), 'one', 'onf') AS BLOB)"),
      ("the ledger's end", "DELETE FROM ledger WHERE n = (SELECT max(n) FROM ledger)"),
    ])
  func edited(what: String, statement: String) throws {
    let sandbox = try Sandbox(["two": Tampering.playbook])
    for _ in 1...2 { #expect(try sandbox.belay("run", "two").status == 0) }
    let before = try sandbox.belay("audit", "verify")
    #expect(before.status == 0, "\(before)")
    let edit = try sandbox.execute(
      ["/usr/bin/python3", "-c", Tampering.editor, sandbox.store + "/store.db", statement]
    ).wait()
    #expect(edit.status == 0, "\(edit)")
    let after = try sandbox.belay("audit", "verify")
    #expect(after.status == 8, "\(what): \(after)")
    #expect(after.output.contains("BROKEN"), "\(what): \(after)")
  }

  @Test("is found by heads.log when the newest run is gone with all that the database says of it")
  func newestRunErased() throws {
    let sandbox = try Sandbox(["two": Tampering.playbook])
    #expect(try sandbox.belay("run", "two").status == 0)
    let keep = "mkdir \(sandbox.folder)/earlier && cp \(sandbox.store)/store.db* \(sandbox.folder)/earlier"
    #expect(try sandbox.execute(["/bin/bash", "-c", keep]).wait().status == 0)
    #expect(try sandbox.belay("run", "two").status == 0)
    // The database of a moment ago is consistent in itself; what stands in heads.log is not in it.
    let bring = "rm \(sandbox.store)/store.db* && cp \(sandbox.folder)/earlier/* \(sandbox.store)"
    #expect(try sandbox.execute(["/bin/bash", "-c", bring]).wait().status == 0)
    let after = try sandbox.belay("audit", "verify")
    #expect(after.status == 8 && after.output.contains("heads.log"), "\(after)")
  }

  @Test("is told from one that nobody has when an output file is edited")
  func outputFile() throws {
    let sandbox = try Sandbox([
      "long": "belay: 1\nsteps:\n  - { step: long, run: seq 1 9999, rollback: nothing }\n"
    ])
    #expect(try sandbox.belay("run", "long").status == 0)
    let edit = "f=$(grep -lr 9999 \(sandbox.store)/runs) && [ -n \"$f\" ] && sed -i s/5000/5001/ $f"
    #expect(try sandbox.execute(["/bin/bash", "-c", edit]).wait().status == 0)
    let after = try sandbox.belay("audit", "verify")
    #expect(after.status == 8 && after.output.contains("stdout was altered"), "\(after)")
  }

  @Test("with a ledger number that nothing can follow is named by verification, and takes no run")
  func lastNumber() throws {
    let sandbox = try Sandbox(["two": Tampering.playbook])
    #expect(try sandbox.belay("run", "two").status == 0)
    let edit = try sandbox.execute([
      "/usr/bin/python3", "-c", Tampering.editor, sandbox.store + "/store.db",
      "UPDATE ledger SET n = 9223372036854775807 WHERE n = (SELECT max(n) FROM ledger)",
    ]).wait()
    #expect(edit.status == 0, "\(edit)")
    let verified = try sandbox.belay("audit", "verify")
    #expect(verified.status == 8 && verified.output.contains("BROKEN"), "\(verified)")
    let run = try sandbox.belay("run", "two")
    #expect(run.status == 9, "\(run)")
    #expect(run.error.contains("ledger entry 9223372036854775807 is the last that there can be"), "\(run)")
  }

  @Test("by taking its database away is told from one that nobody has used")
  func databaseRemoved() throws {
    let sandbox = try Sandbox(["two": Tampering.playbook])
    #expect(try sandbox.belay("audit", "verify").status == 2)
    #expect(try sandbox.belay("run", "two").status == 0)
    #expect(try sandbox.execute(["/bin/bash", "-c", "rm \(sandbox.store)/store.db*"]).wait().status == 0)
    let verified = try sandbox.belay("audit", "verify")
    #expect(verified.status == 8 && verified.error.contains("store.db is missing"), "\(verified)")
    for command in [["run", "two"], ["runs"], ["status", "last"], ["resume", "last"]] {
      let refused = try sandbox.start(command, variables: [:], in: nil).wait()
      #expect(refused.status == 9 && refused.error.contains("begin a new store"), "\(command): \(refused)")
    }
    #expect(!sandbox.exists(sandbox.store + "/store.db"))
  }
}

@Suite("A store that may not be read") struct UnreadableStore {
  private static let commands = [
    ["status", "last"], ["runs"], ["doctor"], ["audit", "verify"], ["audit", "export"],
    ["audit", "show", "last"],
    ["logs", "last"], ["run", "two"], ["resume", "last"],
  ]

  /// The superuser may read everything, unless that right is taken from its commands.
  private static let withoutPrivilege =
    geteuid() == 0
    ? ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"] : []

  private func expectRefusals(_ sandbox: Sandbox, _ place: String, _ reason: String) throws {
    for command in UnreadableStore.commands {
      let end = try sandbox.execute(UnreadableStore.withoutPrivilege + [Sandbox.belay] + command).wait()
      #expect(end.status == 9, "\(command): \(end)")
      let told = end.output + end.error
      #expect(told.contains(place) && told.contains(reason), "\(command): \(end)")
    }
  }

  @Test("is said to be that, with the reason", arguments: ["", "/store.db"])
  func forbidden(name: String) throws {
    let sandbox = try Sandbox(["two": "belay: 1\nsteps:\n  - { step: two, run: 'true', rollback: nothing }\n"]
    )
    #expect(try sandbox.belay("run", "two").status == 0)
    chmod(sandbox.store + name, 0)
    defer { chmod(sandbox.store + name, 0o700) }
    try expectRefusals(sandbox, "\(sandbox.store)\(name)", ": Permission denied")
  }

  @Test("when it is a plain file, or its database a folder")
  func otherKinds() throws {
    let sandbox = try Sandbox(["two": "belay: 1\nsteps:\n  - { step: two, run: 'true', rollback: nothing }\n"]
    )
    let make = "mkdir -p -m 700 \(sandbox.store)/store.db"
    #expect(try sandbox.execute(["/bin/bash", "-c", "umask 077; \(make)"]).wait().status == 0)
    try expectRefusals(sandbox, sandbox.store, "store.db is not a plain file")
    let other = "rm -r \(sandbox.store) && touch \(sandbox.store)"
    #expect(try sandbox.execute(["/bin/bash", "-c", other]).wait().status == 0)
    try expectRefusals(sandbox, sandbox.store, " folder")
  }
}
