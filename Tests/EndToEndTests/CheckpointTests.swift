import Glibc
import Testing

@Suite("Signed checkpoints", .enabled(if: access("/usr/bin/ssh-keygen", X_OK) == 0)) struct CheckpointTests {
  private static let playbook = """
    belay: 1
    steps:
      - step: one
        run: echo one >> world
        rollback: nothing
    """
  private let sandbox: Sandbox

  init() throws {
    sandbox = try Sandbox(["one": CheckpointTests.playbook])
    for name in ["audit", "other"] {
      try shell("ssh-keygen -q -t ed25519 -N '' -C \(name) -f \(name)")
    }
    #expect(try sandbox.belay("run", "one").status == 0)
  }

  private func shell(_ script: String) throws {
    let end = try sandbox.execute(["/bin/bash", "-euc", script]).wait()
    #expect(end.status == 0, "\(script): \(end)")
  }

  private func verify(_ words: String...) throws -> End {
    try sandbox.start(["audit", "verify"] + words, variables: [:], in: nil).wait()
  }

  @Test("hold for who has the public key; without one by it, or by another key, nothing is proven")
  func signed() throws {
    let none = try verify("--key", "audit.pub")
    #expect(
      none.status == 8 && none.output.contains("no checkpoint that one of the given keys has signed"),
      "\(none)")
    let made = try sandbox.belay("audit", "checkpoint", "--key", "audit")
    #expect(made.status == 0 && made.output.contains("signed up to ledger entry"), "\(made)")
    let good = try verify("--key", "audit.pub")
    #expect(good.status == 0 && good.output.contains("(signed checkpoint)"), "\(good)")
    #expect(try verify().status == 0)
    let other = try verify("--key", "other.pub")
    #expect(other.status == 8, "\(other)")
    #expect(other.output.contains("checkpoints.log line 1: none of the given keys has signed it"), "\(other)")
    #expect(try verify("--key", "other.pub", "--key", "audit.pub").status == 0)
    let secret = try verify("--key", "audit")
    #expect(secret.status == 2 && secret.error.contains("holds no public keys"), "\(secret)")
    #expect(try sandbox.belay("run", "one").status == 0)
    let further = try verify("--key", "audit.pub")
    #expect(further.status == 0 && further.output.contains("; signed up to ledger entry"), "\(further)")
  }

  @Test("that were forged are named: another entry, another signature")
  func forged() throws {
    try sandbox.belay("audit", "checkpoint", "--key", "audit")
    let log = sandbox.store + "/checkpoints.log"
    let line = sandbox.text(log)
    sandbox.write(line.replacing("\"entry\":", with: "\"entry\":1"), to: log)
    let moved = try verify("--key", "audit.pub")
    #expect(moved.status == 8 && moved.output.contains("none of the given keys has signed it"), "\(moved)")
    // Without a key it is still held against the ledger.
    let plain = try verify()
    #expect(
      plain.status == 8 && plain.output.contains("checkpoints.log line 1: it names ledger entry 1"),
      "\(plain)")
    sandbox.write(line.dropLast(40) + "\n", to: log)
    #expect(try verify("--key", "audit.pub").status == 8)
  }

  @Test(
    "a history that was cut off, or replaced by another one, is named by a copy that nobody could take away")
  func rewritten() throws {
    try shell("cp -a \(sandbox.store) before")
    #expect(try sandbox.belay("run", "one").status == 0)
    try sandbox.belay("audit", "checkpoint", "--key", "audit", "--output", "copy")
    #expect(try verify("--key", "audit.pub", "--checkpoints", "copy").status == 0)
    // As it was before the second run, with all that tells of it: it fits together, and heads.log too.
    try shell("rm -rf \(sandbox.store); cp -a before \(sandbox.store)")
    #expect(try verify().status == 0)
    let cut = try verify("--key", "audit.pub", "--checkpoints", "copy")
    #expect(cut.status == 8 && cut.output.contains("copy line 1: it names ledger entry"), "\(cut)")
    #expect(cut.output.contains("the newest entries were removed"))
    // And gone on with: there are as many entries again, others.
    for _ in 0..<3 { #expect(try sandbox.belay("run", "one").status == 0) }
    #expect(try verify().status == 0)
    let replaced = try verify("--key", "audit.pub", "--checkpoints", "copy")
    #expect(replaced.status == 8 && replaced.output.contains("it does not fit ledger entry"), "\(replaced)")
    let signed = try sandbox.belay("audit", "checkpoint", "--key", "audit")
    #expect(signed.status == 0, "\(signed)")
  }

  @Test("are made of nothing that does not verify")
  func broken() throws {
    try shell(
      "python3 - \(sandbox.store)/store.db <<'END'\nimport sqlite3, sys\nd = sqlite3.connect(sys.argv[1])\n"
        + "d.execute(\"UPDATE event SET line = replace(line, 'one', 'two') WHERE n = 1\")\nd.commit()\nEND\n")
    let end = try sandbox.belay("audit", "checkpoint", "--key", "audit")
    #expect(end.status == 8 && end.error.contains("nothing was signed: BROKEN at event 1"), "\(end)")
    #expect(!sandbox.exists(sandbox.store + "/checkpoints.log"))
  }
}
