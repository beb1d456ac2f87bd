import Glibc
import Testing

/// Needs root, to make what another user may not signal: a copy of setpriv(1) with the setuid bit stands for sudo.
@Suite("What may not be signalled", .enabled(if: SecondUser.isThere, SecondUser.why)) struct Unstoppable {
  private static let nobody: uid_t = 65534

  private static let playbook = """
    belay: 1
    locks: [it]
    steps:
      - step: slow
        run: |
          ../sudo --reuid 0 --regid 0 --clear-groups sleep 600 < /dev/null > /dev/null 2>&1 &
          until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done
          echo $! > pid
          echo > started
          read -r < go
        idempotent: true
        rollback: { run: echo undo >> ran, idempotent: true }
      - step: next
        run: echo next >> ran
        rollback: nothing
    """

  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox(["slow": Unstoppable.playbook], gates: ["started", "go"])
    let copies = "cp \(Sandbox.binaries)/belay \(Sandbox.binaries)/belay-keeper . && cp /usr/bin/setpriv sudo"
    let owner = "chown -R \(Unstoppable.nobody) . && chown 0 sudo && chmod 4755 sudo"
    let made = try sandbox.execute(["/bin/sh", "-c", "\(copies) && \(owner)"], in: sandbox.folder).wait()
    #expect(made.status == 0, "\(made)")
    return sandbox
  }

  private func start(_ arguments: String..., in sandbox: Sandbox) throws -> Child {
    let user = ["--reuid", "\(Unstoppable.nobody)", "--clear-groups", "--inh-caps=-all"]
    return try sandbox.execute(["/usr/bin/setpriv"] + user + [sandbox.folder + "/belay"] + arguments)
  }

  @Test(
    "it is named and keeps the run held, with its claim, until it has ended", arguments: [false, true])
  func held(killed: Bool) throws {
    let sandbox = try sandbox()
    let engine = try start("run", "slow", in: sandbox)
    try sandbox.heard("started")
    let pid = try #require(pid_t(sandbox.lines("pid").first ?? ""))
    var held = End(status: 0, output: "", error: "")
    if killed {
      let keepers = sandbox.processes(named: "belay-keeper")
      try engine.killed()
      for keeper in keepers {
        kill(keeper, SIGKILL)
        try Child.waitForEnd(of: keeper)
      }
      held = try start("close", "last", "--note", "x", in: sandbox).wait()
    } else {
      #expect(try start("cancel", "last", in: sandbox).wait().status == 0)
      held = try engine.wait()
    }
    #expect(held.status == 3, "\(held)")
    #expect(held.output.contains("cannot be signalled: \(pid) sleep"), "\(held)")
    for command in [
      ["close", "last", "--note", "x"], ["resume", "last"], ["rollback", "last"], ["cancel", "last"],
      ["resolve", "last", "slow", "--as", "not_done", "--note", "x"],
      ["resolve", "last", "slow", "--as", "done", "--note", "x"],
    ] {
      let refused = try sandbox.execute(
        ["/usr/bin/setpriv", "--reuid", "\(Unstoppable.nobody)", "--clear-groups", sandbox.folder + "/belay"]
          + command
      ).wait()
      #expect(refused.status == 3, "\(command): \(refused)")
      #expect(refused.error.contains("process \(pid) sleep"), "\(command): \(refused)")
      #expect(refused.error.contains("sudo kill \(pid)"), "\(command): \(refused)")
    }
    #expect(try start("run", "slow", in: sandbox).wait().status == 7)
    kill(pid, SIGKILL)
    try Child.waitForEnd(of: pid)
    #expect(try start("close", "last", "--note", "x", in: sandbox).wait().status == 0)
    #expect(!sandbox.exists("ran"))
  }
}
