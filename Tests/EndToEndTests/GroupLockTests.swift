import Testing

@Suite("A group's locks") struct GroupLockTests {
  private static let playbook = """
    belay: 1
    on_failure: rollback
    steps:
      - group: inside
        locks: [db]
        steps:
          - step: a
            run: echo a >> did; echo > started; read -r < go
            rollback: { run: echo not a >> did; echo > started; read -r < go }
      - step: b
        run: echo b >> did; echo > started; read -r < go; test ! -e broken
        rollback: nothing
    """

  private static let other = """
    belay: 1
    locks: [db]
    steps:
      - step: other
        run: echo other >> did
        rollback: nothing
    """

  private func sandbox() throws -> Sandbox {
    try Sandbox(
      ["p": GroupLockTests.playbook, "other": GroupLockTests.other], gates: ["started", "go"])
  }

  @Test("are the run's while the group lives, and again while it is undone")
  func held() throws {
    let sandbox = try sandbox()
    sandbox.write("", to: "broken")
    let engine = try sandbox.start("run", "p")
    try sandbox.heard("started")
    let refused = try sandbox.belay("run", "other")
    #expect(refused.status == 7 && refused.error.contains("db is held by run "), "\(refused)")
    try sandbox.open("go")
    try sandbox.heard("started")
    #expect(try sandbox.belay("run", "other").status == 0)
    try sandbox.open("go")
    try sandbox.heard("started")
    #expect(try sandbox.belay("run", "other").status == 7)
    try sandbox.open("go")
    let end = try engine.wait()
    #expect(end.status == 4, "\(end)")
    #expect(sandbox.lines("did") == ["a", "b", "other", "not a"])
    #expect(try sandbox.belay("run", "other").status == 0)
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("of a playbook that is called are the run's while it is at work, and no longer")
  func called() throws {
    let sandbox = try sandbox()
    sandbox.write(
      """
      belay: 1
      steps:
        - step: before
          run: echo before >> did; echo > started; read -r < go
          rollback: nothing
        - { step: inner, playbook: inner }
        - step: after
          run: echo after >> did; echo > started; read -r < go
          rollback: nothing
      """, to: "playbooks/caller.yaml")
    sandbox.write(
      """
      belay: 1
      locks: [db]
      steps:
        - step: a
          run: echo a >> did; echo > started; read -r < go
          rollback: nothing
      """, to: "playbooks/inner.yaml")
    let engine = try sandbox.start("run", "caller")
    for (name, status) in [("before", Int32(0)), ("a", 7), ("after", 0)] {
      try sandbox.heard("started")
      #expect(sandbox.lines("did").last == name)
      #expect(try sandbox.belay("run", "other").status == status, "\(name)")
      try sandbox.open("go")
    }
    #expect(try engine.wait().status == 0)
    #expect(sandbox.lines("did") == ["before", "other", "a", "after", "other"])
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("that another run holds let nothing of the group start: exit 7, until they are free")
  func refused() throws {
    let sandbox = try sandbox()
    try holdLock(in: sandbox)
    for command in [["run", "p"], ["resume", "p"]] {
      let end = try sandbox.start(command, variables: [:], in: nil).wait()
      #expect(end.status == 7 && end.error.contains("db is held by run "), "\(end)")
      let told = try sandbox.belay("status", "p")
      #expect(told.output.contains("inside cannot begin: db is held by run "), "\(told)")
    }
    #expect(!sandbox.exists("did"))
    sandbox.write("", to: "ready")
    #expect(try sandbox.belay("resume", "other", "--retry").status == 0)
    let engine = try sandbox.start("resume", "p")
    try sandbox.heard("started")
    try sandbox.open("go")
    try sandbox.heard("started")
    try sandbox.open("go")
    #expect(try engine.wait().status == 0)
    #expect(sandbox.lines("did") == ["other", "a", "b"])
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  /// A run that has failed, and keeps the lock until it is resumed.
  private func holdLock(in sandbox: Sandbox) throws {
    sandbox.write(
      GroupLockTests.other.replacing("echo other", with: "test -e ready && echo other"),
      to: "playbooks/other.yaml")
    #expect(try sandbox.belay("run", "other").status == 1)
  }

  @Test("that another run holds lose nothing of what was done before, and the run goes on over the group")
  func goneOver() throws {
    let sandbox = try sandbox()
    sandbox.write(
      """
      belay: 1
      steps:
        - { step: before, run: echo before >> did, rollback: nothing }
        - group: inside
          locks: [db]
          on_failure: continue
          steps: [{ step: a, run: echo a >> did, rollback: nothing }]
        - { step: after, run: echo after >> did, rollback: nothing }
      """, to: "playbooks/p.yaml")
    try holdLock(in: sandbox)
    #expect(try sandbox.belay("run", "p").status == 0)
    #expect(sandbox.lines("did") == ["before", "after"])
    #expect(try sandbox.belay("report", "p").output.contains("db is held by run "))
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("that another run has taken meanwhile hold a rollback: exit 7, until they are free")
  func rollbackRefused() throws {
    let sandbox = try sandbox()
    sandbox.write("", to: "broken")
    let engine = try sandbox.start("run", "p")
    for _ in 0..<2 {
      try sandbox.heard("started")
      if sandbox.lines("did").last == "b" { try holdLock(in: sandbox) }
      try sandbox.open("go")
    }
    let end = try engine.wait()
    #expect(end.status == 7 && end.error.contains("db is held by run "), "\(end)")
    #expect(sandbox.lines("did") == ["a", "b"])
    sandbox.write("", to: "ready")
    #expect(try sandbox.belay("resume", "other", "--retry").status == 0)
    let resumed = try sandbox.start("resume", "p")
    try sandbox.heard("started")
    try sandbox.open("go")
    #expect(try resumed.wait().status == 4)
    #expect(sandbox.lines("did") == ["a", "b", "other", "not a"])
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }

  @Test("are the run's again after the engine was killed inside, and free when it has ended")
  func killed() throws {
    let sandbox = try sandbox()
    let engine = try sandbox.start("run", "p")
    try sandbox.heard("started")
    try engine.killed()
    #expect(try sandbox.belay("run", "other").status == 7)
    try sandbox.open("go")
    let resumed = try sandbox.start("resume", "p")
    try sandbox.heard("started")
    #expect(try sandbox.belay("run", "other").status == 0)
    try sandbox.open("go")
    #expect(try resumed.wait().status == 0)
    #expect(try sandbox.belay("audit", "verify").status == 0)
  }
}
