import Glibc
import Testing

@Suite("Signals") struct Signals {
  /// A step that leaves a process in a session of its own behind, which only its marked environment betrays.
  private static let playbook = """
    belay: 1
    steps:
      - step: slow
        run: |
          setsid sleep 600 < /dev/null > /dev/null 2>&1 &
          echo > started
          read -r < go
          echo slow >> ran
        rollback: nothing
      - step: next
        run: echo next >> ran
        rollback: nothing
    """

  private func running() throws -> (Sandbox, Child) {
    let sandbox = try Sandbox(["slow": Signals.playbook], gates: ["started", "go"])
    let engine = try sandbox.start("run", "slow")
    try sandbox.heard("started")
    return (sandbox, engine)
  }

  @Test(
    "one Ctrl-C or a hangup pauses: the step ends by itself, the next does not start",
    arguments: [
      (SIGINT, Int32(130)), (SIGHUP, Int32(129)),
    ])
  func pause(signal: Int32, status: Int32) throws {
    let (sandbox, engine) = try running()
    engine.signal(signal)
    try sandbox.repeated("the pause") { engine.outputSoFar.contains("pause") }
    try sandbox.open("go")
    let end = try engine.wait()
    #expect(end.status == status, "\(end)")
    #expect(sandbox.lines("ran") == ["slow"])
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(sandbox.lines("ran") == ["slow", "next"])
  }

  @Test(
    "a second Ctrl-C, or SIGTERM, stops what runs; nothing of it stays alive",
    arguments: [
      ([SIGINT, SIGINT], Int32(130)), ([SIGTERM], Int32(143)),
    ])
  func stop(signals: [Int32], status: Int32) throws {
    let (sandbox, engine) = try running()
    for signal in signals {
      engine.signal(signal)
      try sandbox.repeated("the stop") { engine.outputSoFar.contains("asked for") }
    }
    let end = try engine.wait()
    #expect(end.status == status, "\(end)")
    try sandbox.keepersGone()
    #expect(sandbox.processes() == [])
    #expect(!sandbox.exists("ran"))
    // It was killed, so nobody knows what it has done.
    #expect(try sandbox.belay("resume", "last").status == 3)
    #expect(try sandbox.belay("resolve", "last", "slow", "--as", "done", "--note", "seen").status == 0)
    #expect(try sandbox.belay("resume", "last").status == 0)
    #expect(sandbox.lines("ran") == ["next"])
  }

  @Test("a reader that goes away stops nothing")
  func brokenPipe() throws {
    let steps = (1...5).map { "  - { step: s\($0), run: echo \($0) >> ran, rollback: nothing }\n" }.joined()
    let sandbox = try Sandbox(["many": "belay: 1\nsteps:\n" + steps])
    let shell = try sandbox.execute(["/bin/bash", "-o", "pipefail", "-c", "belay run many | head -1"]).wait()
    #expect(shell.lines.count == 1)
    #expect(shell.status == 0, "\(shell)")
    #expect(sandbox.lines("ran") == ["1", "2", "3", "4", "5"])
    #expect(try sandbox.belay("status", "last").output.contains("succeeded"))
  }

  @Test("a closed terminal pauses the run")
  func closedTerminal() throws {
    let sandbox = try Sandbox(["slow": Signals.playbook], gates: ["started", "go"])
    // Python's pty makes a terminal of its own; closing the last descriptor of its other side is a hangup.
    let terminal = """
      import os, pty, sys
      child, master = pty.fork()
      if child == 0:
          os.execvp("belay", ["belay", "run", "slow"])
      with open("ready", "w") as ready:
          ready.write(str(child))
      with open("hang_up") as gate:
          gate.readline()
      os.close(master)
      print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
      """
    mkfifo(sandbox.path("hang_up"), 0o600)
    let shell = try sandbox.execute(["/usr/bin/python3", "-c", terminal])
    try sandbox.heard("started")
    sandbox.write("\n", to: "hang_up")
    try sandbox.repeated("the pause") {
      try sandbox.belay("audit", "show", "last").output.contains("stop_requested")
    }
    try sandbox.open("go")
    let end = try shell.wait()
    #expect(end.lines == ["129"], "\(end)")
    #expect(sandbox.lines("ran") == ["slow"])
    #expect(try sandbox.belay("resume", "last").status == 0)
  }

  @Test("under nohup a hangup is nothing; Ctrl-C still pauses", arguments: [SIGHUP, SIGINT])
  func ignored(signal: Int32) throws {
    let sandbox = try Sandbox(["slow": Signals.playbook], gates: ["started", "go"])
    let engine = try sandbox.execute(["/bin/bash", "-c", "trap '' HUP INT; exec belay run slow"])
    try sandbox.heard("started")
    engine.signal(signal)
    if signal == SIGINT { try sandbox.repeated("the pause") { engine.outputSoFar.contains("pause") } }
    try sandbox.open("go")
    let end = try engine.wait()
    #expect(end.status == (signal == SIGINT ? 130 : 0), "\(end)")
    #expect(sandbox.lines("ran") == (signal == SIGINT ? ["slow"] : ["slow", "next"]))
  }

  @Test("what a finished step left running is named, and lives")
  func leftRunning() throws {
    let playbook = """
      belay: 1
      steps:
        - step: service
          run: |
            setsid sleep 600 < /dev/null > /dev/null 2>&1 &
            echo $! > pid
            until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done
          rollback: nothing
      """
    let sandbox = try Sandbox(["service": playbook])
    let end = try sandbox.belay("run", "service")
    #expect(end.status == 0)
    let pid = try #require(pid_t(sandbox.lines("pid").first ?? ""))
    #expect(end.output.contains("left running: \(pid) sleep"), "\(end)")
    #expect(kill(pid, 0) == 0)
  }
}
