import Glibc
import TestFiles
import Testing

@Suite("A disk that fills up") struct DiskThatFillsUp {
  /// Every kind of command that a playbook can start. `./at NAME` notes that it runs, and fills the disk where it is
  /// told to.
  private static let playbook = """
    belay: 1
    on_failure: rollback
    steps:
      - check: ask
        run: ./at ask
      - step: one
        capture: { before: { run: "./at capture", value: stdout } }
        run: ./at one
        verify: { run: ./at verify }
        rollback: { run: ./at undo_one }
      - group: all
        steps:
          - step: mode
            temporary: true
            run: ./at mode
            rollback: { run: ./at mode_off }
          - step: two
            skip_if: { run: "./at skip; false" }
            run: ./at two
            rollback: { run: ./at undo_two }
      - step: three
        run: ./at three; false
        rollback: nothing
    steady_state:
      - check: steady
        run: ./at steady
    """
  private static let all = [
    "ask", "capture", "one", "verify", "mode", "skip", "two", "mode_off", "three", "undo_two", "undo_one",
    "steady",
  ]

  private func disk() throws -> SmallDisk {
    let sandbox = try Sandbox(["all": DiskThatFillsUp.playbook])
    let disk = try SmallDisk(sandbox)
    sandbox.write(
      "#!/bin/bash\necho $1 >> ran\nif [ \"$1\" = \"$(cat full-at)\" ]; then : > full-at; ./fill; fi\n",
      to: "at")
    chmod(sandbox.path("at"), 0o700)
    return disk
  }

  @Test("nothing of the playbook: it ends as it does on any disk")
  func withoutFilling() throws {
    let disk = try disk()
    disk.sandbox.write("", to: "full-at")
    let end = try disk.belay("run", "all")
    #expect(end.status == 4, "\(end)")
    #expect(Set(disk.sandbox.lines("ran")) == Set(DiskThatFillsUp.all), "\(disk.sandbox.lines("ran"))")
  }

  @Test(
    "at any place of a playbook: nothing more starts, the run is held, resume waits for room and then ends it",
    arguments: all)
  func everywhere(place: String) throws {
    let reference = try disk()
    reference.sandbox.write("", to: "full-at")
    #expect(try reference.belay("run", "all").status == 4)
    let expected = reference.sandbox.lines("ran")

    let disk = try disk()
    let sandbox = disk.sandbox
    sandbox.write(place, to: "full-at")
    let held = try disk.belay("run", "all")
    if place == expected.last {
      // The last commit finds the run at rest: it is recorded with the reserve.
      #expect(held.status == 4, "\(held)")
    } else {
      #expect(held.status == 3, "\(held)")
      #expect(held.output.contains("held: the disk is full: "), "\(held)")
      // A question needs no record before it is put; a deed does.
      let after = sandbox.lines("ran").drop { $0 != place }.dropFirst()
      #expect(
        after.allSatisfy { $0 == "capture" || $0 == "skip" || $0 == "verify" }, "\(sandbox.lines("ran"))")
      let refused = try disk.belay("resume", "last")
      #expect(refused.status == 9, "\(refused)")
      #expect(refused.error.contains("nothing was started: "), "\(refused)")
      #expect(refused.error.contains(sandbox.store), "where: \(refused)")
      #expect(try disk.belay("audit", "verify").status == 0)
      disk.makeRoom()
      let end = try disk.belay("resume", "last")
      #expect(end.status == 4, "\(end)")
    }
    disk.makeRoom()
    // An intent that came to nothing is made anew, and what is asked before it is asked again.
    var ran = sandbox.lines("ran")
    if let again = ran.indices.dropFirst().first(where: { ran[$0] == "skip" && ran[$0 - 1] == "skip" }) {
      ran.remove(at: again)
    }
    #expect(ran == expected)
    let verified = try disk.belay("audit", "verify")
    #expect(verified.status == 0, "\(verified)")
  }
}

@Suite("A disk that is full at any write of the engine's") struct FullAtAnyWrite {
  private static let playbook = """
    belay: 1
    locks: [it]
    steps:
      - step: one
        run: echo one >> ran
        rollback: nothing
      - step: two
        run: echo two >> ran
        rollback: nothing
    """

  @Test(
    "what was recorded goes on to its end, each step once; what was not has not begun",
    arguments: [false, true])
  func everyWrite(hard: Bool) throws {
    let sandbox = try Sandbox(["two": FullAtAnyWrite.playbook])
    #expect(try sandbox.belay("run", "two").status == 0)
    var ends: [String: Int] = [:]
    var place = 0
    while true {
      unlink(sandbox.path("ran"))
      unlink(sandbox.store + ".hit")
      let runs = try sandbox.belay("runs", "--limit", "10000").lines.count
      let variables = try SmallDisk.variables(sandbox.store, after: place, hard: hard)
      let end = try sandbox.start(["run", "two"], variables: variables, in: nil).wait()
      if !sandbox.exists(sandbox.store + ".hit") { break }
      let isRecorded = try sandbox.belay("runs", "--limit", "10000").lines.count > runs
      let what = "full at write \(place): \(end)"
      switch end.status {
      case 0: #expect(sandbox.lines("ran") == ["one", "two"], "\(what)")
      case 3 where !hard: #expect(end.output.contains("held: the disk is full: "), "\(what)")
      case 9:
        #expect(hard || !isRecorded, "\(what)")
        #expect(isRecorded || !sandbox.exists("ran"), "\(what)")
      default: Issue.record("\(what)")
      }
      if isRecorded, end.status != 0 {
        let resumed = try sandbox.belay("resume", "last")
        #expect(resumed.status == 0, "\(what), then \(resumed)")
        #expect(sandbox.lines("ran") == ["one", "two"], "\(what)")
      }
      let verified = try sandbox.belay("audit", "verify")
      #expect(verified.status == 0, "\(what), then \(verified)")
      ends["\(end.status)\(isRecorded ? "" : ", nothing recorded")", default: 0] += 1
      place += 1
    }
    let told = ends.sorted { $0.key < $1.key }.map { "\($0.value) times exit \($0.key)" }.joined(
      separator: "; ")
    print(
      "a disk full at a write of belay's\(hard ? ", beyond the reserve" : ""): \(place) boundaries: \(told)")
    #expect(place > 15, "the run has shrunk")
  }
}

@Suite("What a run needs and is not there") struct MissingNeeds {
  private static let playbook = "belay: 1\nsteps:\n  - { step: a, run: 'echo a >> ran', rollback: nothing }\n"

  private func expectNothing(_ sandbox: Sandbox, _ end: End, _ reason: String) throws {
    #expect(end.status == 9, "\(end)")
    #expect(end.error.contains(reason), "\(end)")
    #expect(!sandbox.exists("ran"))
    let runs = try sandbox.belay("runs")
    #expect(runs.status == 0 && runs.lines == [], "\(runs)")
    #expect(Files.names(in: sandbox.store + "/runs") == [])
  }

  @Test("a keeper: nothing is recorded")
  func keeper() throws {
    let sandbox = try Sandbox(["a": MissingNeeds.playbook])
    let alone = sandbox.folder + "/alone"
    _ = try sandbox.execute(["/bin/bash", "-c", "mkdir \(alone) && cp \(Sandbox.belay) \(alone)"]).wait()
    let end = try sandbox.execute([alone + "/belay", "run", "a"]).wait()
    try expectNothing(sandbox, end, "\(alone)/belay-keeper is missing")
  }

  @Test("room for the reserve: nothing is recorded, and how much is needed is said, and where")
  func reserve() throws {
    let sandbox = try Sandbox(["a": MissingNeeds.playbook])
    let end = try sandbox.execute(["/usr/bin/prlimit", "--fsize=2000000", Sandbox.belay, "run", "a"]).wait()
    try expectNothing(sandbox, end, "16 MiB must be free in \(sandbox.store): ")
  }

  @Test("room for the keeper's log: nothing is recorded, and how much is needed is said, and where")
  func log() throws {
    let sandbox = try Sandbox(["a": MissingNeeds.playbook])
    #expect(try sandbox.belay("run", "a").status == 0)
    unlink(sandbox.path("ran"))
    let end = try sandbox.execute(["/usr/bin/prlimit", "--fsize=900000", Sandbox.belay, "run", "a"]).wait()
    #expect(end.status == 9, "\(end)")
    #expect(end.error.contains("8 MiB must be free in \(sandbox.store)/runs: "), "\(end)")
    #expect(!sandbox.exists("ran"))
    #expect(try sandbox.belay("runs").lines.count == 1)
  }

  @Test("a disk large enough: nothing is recorded, and how much is needed is said, and where")
  func smallDisk() throws {
    let sandbox = try Sandbox(["a": MissingNeeds.playbook])
    let disk = try SmallDisk(sandbox, size: "20m")
    if !disk.isReal { _ = try sandbox.execute([sandbox.path("fill")]).wait() }
    let end = try disk.belay("run", "a")
    #expect(end.status == 9, "\(end)")
    #expect(end.error.contains(sandbox.store), "\(end)")
    if disk.isReal { try expectNothing(sandbox, end, "32 MiB must be free in \(sandbox.store), ") }
    #expect(!sandbox.exists("ran"))
  }
}
