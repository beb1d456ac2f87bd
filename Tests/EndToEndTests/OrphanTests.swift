import Glibc
import Testing

@Suite("When engine and keeper are killed and the step runs on") struct Orphaned {
  /// The step tells its pid, and that it has ended by itself; what comes after it, or undoes it, tells too.
  private static func slow(_ more: String = "rollback: { run: echo undo >> ran }") -> String {
    """
    belay: 1
    locks: [it]
    steps:
      - step: slow
        run: |
          setsid bash -c 'echo $$ >> pids; echo > child; exec sleep 600' < /dev/null > /dev/null 2>&1 &
          read -r < child
          echo $$ >> pids
          echo slow >> ran
          echo > started
          read -r < go
          echo ended >> ran
        \(more)
      - step: next
        run: echo next >> ran
        rollback: nothing
    """
  }

  private func killed(_ playbook: String = slow()) throws -> Sandbox {
    let sandbox = try Sandbox(["slow": playbook], gates: ["started", "go", "child"])
    let engine = try sandbox.start("run", "slow")
    try sandbox.heard("started")
    try killBoth(engine, in: sandbox)
    return sandbox
  }

  private func killBoth(_ engine: Child, in sandbox: Sandbox) throws {
    let keepers = sandbox.processes(named: "belay-keeper")
    #expect(keepers.count == 1)
    try engine.killed()
    for keeper in keepers {
      kill(keeper, SIGKILL)
      try Child.waitForEnd(of: keeper)
    }
  }

  private func pids(_ sandbox: Sandbox) -> [pid_t] { sandbox.lines("pids").compactMap { pid_t($0) } }

  /// A zombie that nobody waits for has ended as well.
  private func living(_ sandbox: Sandbox) -> [pid_t] {
    pids(sandbox).filter { pid in
      let state = (Sandbox.status(of: pid) ?? "").split(separator: ")").last?.first { $0 != " " }
      return state.map { $0 != "Z" && $0 != "X" } ?? false
    }
  }

  @Test("'cancel' ends all of it, and no second attempt ever runs beside it")
  func cancel() throws {
    let sandbox = try killed()
    #expect(living(sandbox).count == 2)
    let cancel = try sandbox.belay("cancel", "last")
    #expect(cancel.status == 1, "\(cancel)")
    #expect(living(sandbox) == [])
    #expect(try sandbox.belay("resolve", "last", "slow", "--as", "not_done", "--note", "x").status == 0)
    try sandbox.open("go")
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(sandbox.lines("ran") == ["slow", "slow", "ended", "next"])
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("'close' ends all of it before the claim is let go")
  func close() throws {
    let sandbox = try killed()
    let close = try sandbox.belay("close", "last", "--note", "given up")
    #expect(close.status == 0, "\(close)")
    #expect(living(sandbox) == [])
    #expect(sandbox.lines("ran") == ["slow"])
    try sandbox.open("go")
    #expect(try sandbox.belay("run", "slow").status == 0)
  }

  @Test(
    "while it lives nobody can say that it is done, is not, or has failed",
    arguments: ["done", "not_done", "failed"])
  func resolve(resolution: String) throws {
    let sandbox = try killed()
    let refused = try sandbox.belay("resolve", "last", "slow", "--as", resolution, "--note", "x")
    #expect(refused.status == 3, "\(refused)")
    let pid = try #require(pids(sandbox).last)
    #expect(refused.error.contains("process \(pid) bash"), "\(refused)")
    #expect(refused.error.contains("belay cancel"))
    #expect(living(sandbox).count == 2)
    #expect(try sandbox.belay("cancel", "last").status == 1)
    #expect(
      try sandbox.belay("resolve", "last", "slow", "--as", resolution, "--note", "x").status == 0)
  }

  @Test("'resume' says whom it waits for, whether its keeper was killed or not", arguments: [true, false])
  func waiting(killsKeeper: Bool) throws {
    let sandbox = try Sandbox(["slow": Orphaned.slow()], gates: ["started", "go", "child"])
    let engine = try sandbox.start("run", "slow")
    try sandbox.heard("started")
    if killsKeeper { try killBoth(engine, in: sandbox) } else { try engine.killed() }
    let resume = try sandbox.start("resume", "last")
    try sandbox.repeated("the words") { resume.errorSoFar.contains("\n") }
    let pid = try #require(pids(sandbox).last)
    let text = "belay: waiting: slow (attempt 1.1) still runs: process \(pid) bash\n"
    #expect(resume.errorSoFar == text)
    try sandbox.open("go")
    let end = try resume.wait()
    #expect(end.status == (killsKeeper ? 3 : 0) && end.error == text, "\(end)")
  }

  @Test("once it has ended, 'resolve' says to look first what became of it")
  func ended() throws {
    let sandbox = try killed()
    for pid in living(sandbox) {
      kill(pid, SIGKILL)
      try Child.waitForEnd(of: pid)
    }
    let early = try sandbox.belay("resolve", "last", "slow", "--as", "done", "--note", "x")
    #expect(early.status == 2 && early.error.contains("nobody drives the run"), "\(early)")
    #expect(early.error.contains("belay resume "), "\(early)")
    #expect(try sandbox.belay("resume", "last").status == 3)
    #expect(try sandbox.belay("resolve", "last", "slow", "--as", "done", "--note", "x").status == 0)
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(sandbox.lines("ran") == ["slow", "next"])
  }

  @Test("'rollback' waits for it: nothing is undone beside it, and then its doubt is a person's to settle")
  func rollback() throws {
    let sandbox = try killed()
    let rollback = try sandbox.start("rollback", "last")
    try sandbox.repeated("the driver") { rollback.outputSoFar.contains("rollback") }
    #expect(sandbox.lines("ran") == ["slow"])
    try sandbox.open("go")
    let end = try rollback.wait()
    #expect(end.status == 3, "\(end)")
    #expect(sandbox.lines("ran") == ["slow", "ended"])
  }

  @Test(
    "SIGTERM to the engine that waits for it ends it; two Ctrl-C as well",
    arguments: [
      ([SIGTERM], Int32(143)), ([SIGINT, SIGINT], Int32(130)),
    ])
  func signals(signals: [Int32], status: Int32) throws {
    let sandbox = try killed()
    let engine = try sandbox.start("resume", "last")
    try sandbox.repeated("the driver") { engine.outputSoFar.contains("resume") }
    for signal in signals {
      engine.signal(signal)
      try sandbox.repeated("the stop") { engine.outputSoFar.contains("asked for") }
    }
    #expect(try engine.wait().status == status)
    #expect(living(sandbox) == [])
    #expect(sandbox.lines("ran") == ["slow"])
  }

  @Test("an engine and a keeper that took it over may be killed too: it is found again")
  func again() throws {
    let sandbox = try killed()
    let second = try sandbox.start("resume", "last")
    try sandbox.repeated("the second driver") { second.outputSoFar.contains("resume") }
    try killBoth(second, in: sandbox)
    let third = try sandbox.start("resume", "last")
    try sandbox.repeated("the third driver") { third.outputSoFar.contains("resume") }
    // Only the engine: the keeper goes on watching what it has taken over.
    try third.killed()
    #expect(living(sandbox).count == 2)
    let fourth = try sandbox.start("resume", "last")
    try sandbox.repeated("the fourth driver") { fourth.outputSoFar.contains("resume") }
    #expect(sandbox.lines("ran") == ["slow"])
    try sandbox.open("go")
    let end = try fourth.wait()
    #expect(end.status == 3, "\(end)")
    #expect(sandbox.lines("ran") == ["slow", "ended"])
    #expect(end.output.contains("its keeper was killed"), "\(end)")
  }

  @Test("its timeout holds again as soon as there is a keeper")
  func timeout() throws {
    let sandbox = try killed(Orphaned.slow("timeout: 1s"))
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 3, "\(end)")
    #expect(end.output.contains("at its timeout"), "\(end)")
    #expect(living(sandbox) == [])
  }

  @Test("the keeper alone is killed: the engine goes on waiting, and can stop it")
  func keeperOnly() throws {
    let sandbox = try Sandbox(["slow": Orphaned.slow()], gates: ["started", "go", "child"])
    let engine = try sandbox.start("run", "slow")
    try sandbox.heard("started")
    let keepers = sandbox.processes(named: "belay-keeper")
    for keeper in keepers { kill(keeper, SIGKILL) }
    try sandbox.repeated("another keeper") {
      let now = sandbox.processes(named: "belay-keeper")
      return !now.isEmpty && Set(now).isDisjoint(with: keepers)
    }
    #expect(living(sandbox).count == 2)
    #expect(try sandbox.belay("cancel", "last").status == 0)
    #expect(try engine.wait().status == 1)
    #expect(living(sandbox) == [])
    #expect(sandbox.lines("ran") == ["slow"])
  }

  @Test("a check that was being asked is ended before it is asked again")
  func question() throws {
    let playbook = """
      belay: 1
      steps:
        - check: asked
          run: |
            echo $$ >> pids
            test -e seen && exit 0
            touch seen
            echo > started
            read -r < go
            echo beside >> ran
      """
    let sandbox = try killed(playbook)
    #expect(living(sandbox).count == 1)
    let end = try sandbox.belay("resume", "last")
    #expect(end.status == 0, "\(end)")
    #expect(pids(sandbox).count == 2)
    #expect(living(sandbox) == [])
    #expect(!sandbox.exists("ran"))
  }

  @Test("what a step that ended had left running lives on, whoever drives later")
  func service() throws {
    let playbook = """
      belay: 1
      steps:
        - step: service
          run: |
            setsid bash -c 'echo $$ >> pids; echo > child; exec sleep 600' < /dev/null > /dev/null 2>&1 &
            read -r < child
          rollback: nothing
        - step: slow
          run: |
            echo > started
            read -r < go
          rollback: nothing
      """
    let sandbox = try killed(playbook)
    #expect(try sandbox.belay("cancel", "last").status == 1)
    #expect(living(sandbox) == pids(sandbox))
  }
}
