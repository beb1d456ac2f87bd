import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("Running a playbook") struct RunningTests {
  @Test("a list runs in the order written, and the run succeeds")
  func sequence() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: a
          exec: [a]
          rollback: nothing
        - check: b
          exec: [b]
        - step: c
          exec: [c]
          rollback: nothing
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "b?", "c"])
  }

  @Test("a parallel group starts its nodes together, and what needs them waits for them")
  func parallel() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: g
          mode: parallel
          steps:
            - step: a
              exec: [a]
              rollback: nothing
            - step: b
              exec: [b]
              rollback: nothing
            - step: c
              needs: [a]
              exec: [c]
              rollback: nothing
        - step: d
          exec: [d]
          rollback: nothing
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "b", "c", "d"])
    #expect(stage.now == 3_000_000_000)
  }

  @Test("a false condition skips, a skipped node counts as met")
  func condition() throws {
    let stage = try Stage(
      """
      belay: 1
      params: { go: { type: boolean } }
      steps:
        - step: a
          when: params.go
          exec: [a]
          rollback: nothing
        - step: b
          exec: [b]
          rollback: nothing
      """, params: ["go": .bool(false)])
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["b"])
    #expect(try stage.state()["a"].status == .skipped)
  }

  @Test("outputs reach what comes later, with their types")
  func outputs() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - check: before
          exec: [cat]
          outputs:
            count: int(lines[0])
        - check: more
          expect: steps.before.count + 1 == 42
      """)
    stage.acts["before?"] = [.says("41\n")]
    #expect(try stage.drive() == .succeeded)
  }

  @Test("a definite failure is tried again as often as the author says, with the waits between")
  func retry() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: a
          exec: [a]
          rollback: nothing
          retry: { attempts: 3, delay: 2s, backoff: 3 }
      """)
    stage.acts["a"] = [.fails(), .fails(), .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "a", "a"])
    #expect(stage.now == 11_000_000_000)
    #expect(try stage.state().attempts.values.map(\.intent.key).sorted() == ["r/a/1", "r/a/2", "r/a/3"])
  }

  @Test(
    "'retry.when' sees how a command ended that 'expect' finds wanting",
    arguments: [
      ("exec: [a]", "error.exit_code == 0", true), ("exec: [a]", "error.exit_code == 1", false),
      ("uses: ask\n    outputs: { exit_code: '7' }", "error.exit_code == 0 && error.stderr == 'busy'", true),
    ])
  func retryAfterExpect(action: String, when: String, isTriedAgain: Bool) throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: a
          \(action)
          expect: \(action.hasPrefix("uses") ? "last" : "lines[0]") == "done"
          rollback: nothing
          retry: { attempts: 2, delay: 2s, when: "\(when)" }
      """,
      files: [
        "playbooks/actions/ask.yaml": """
        belay: 1
        effect: write
        exec: [a]
        outputs: { last: "lines[0]" }
        """
      ])
    stage.acts["a"] = [Act(stdout: "not yet\n", stderr: "busy"), .says("done\n")]
    #expect(try stage.drive() == (isTriedAgain ? .succeeded : .failed))
    #expect(stage.started.count == (isTriedAgain ? 2 : 1))
  }

  @Test("a check asks until it passes, at most for its time")
  func within() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - check: a
          exec: [a]
          within: 30s
          every: 10s
      """)
    stage.acts["a?"] = [.fails(), .fails(), .ok]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a?", "a?", "a?"])
    let other = try Stage(
      "belay: 1\nsteps:\n  - check: a\n    exec: [a]\n    within: 30s\n    every: 20s\n")
    other.acts["a?"] = [.fails()]
    #expect(try other.drive() == .failed)
    #expect(other.started.count == 3, "at 0, 20 and, for the last time, 30 seconds")
  }

  @Test("a soak that holds succeeds after its time, one that breaks fails")
  func soak() throws {
    let yaml =
      "belay: 1\nsteps:\n  - check: a\n    exec: [a]\n    stays_for: 60s\n    every: 10s\n    tolerate: 1\n"
    let good = try Stage(yaml)
    good.acts["a?"] = [.ok, .fails(), .ok]
    #expect(try good.drive() == .succeeded)
    #expect(good.now == 61_000_000_000)
    let bad = try Stage(yaml)
    bad.acts["a?"] = [.ok, .fails(), .fails(), .ok]
    #expect(try bad.drive() == .failed)
  }

  @Test("on_failure: continue goes on, is recorded, and the run succeeds")
  func goesOn() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: a
          exec: [a]
          rollback: nothing
          on_failure: continue
        - step: b
          exec: [b]
          rollback: nothing
      """)
    stage.acts["a"] = [.fails()]
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.state()["a"].continued)
    #expect(try stage.state().cause == "1 failure continued")
  }

  @Test("a group's max_parallel limits its own nodes only")
  func placesOfGroup() throws {
    let nodes = (0..<4).map { "        - step: s\($0)\n          exec: [x]\n          rollback: nothing\n" }
    let stage = try Stage(
      "belay: 1\nsteps:\n  - group: all\n    mode: parallel\n    steps:\n"
        + "    - group: g\n      mode: parallel\n      max_parallel: 1\n      steps:\n" + nodes.joined()
        + "    - step: other\n      exec: [x]\n      rollback: nothing\n")
    #expect(try stage.drive() == .succeeded)
    #expect(stage.now == 4_000_000_000)
    #expect(stage.started.prefix(2).contains("other"))
  }

  @Test("no more than max_parallel run at once")
  func places() throws {
    let nodes = (0..<6).map {
      "          - step: s\($0)\n            exec: [x]\n            rollback: nothing\n"
    }
    let stage = try Stage(
      "belay: 1\nmax_parallel: 2\nsteps:\n  - group: g\n    mode: parallel\n    steps:\n"
        + nodes.joined().split(separator: "\n").map { $0.dropFirst(4) }.joined(separator: "\n") + "\n")
    #expect(try stage.drive() == .succeeded)
    #expect(stage.now == 3_000_000_000)
  }
}

@Suite("A wait that a reboot interrupts") struct RebootTests {
  /// Ten seconds after its begin comes the reboot, after which it has to last no longer than its whole minute.
  @Test(
    "lasts no longer than it was to, also when the clock was set back meanwhile",
    arguments: [
      "{ gate: a, wait: 60s }",
      "{ step: a, exec: [a], rollback: nothing, retry: { attempts: 2, delay: 60s, max_delay: 60s } }",
      "{ check: a, exec: [a], within: 60s, every: 60s }",
    ])
  func clockSetBack(node: String) throws {
    let stage = try Stage("belay: 1\nsteps:\n  - \(node)\n")
    stage.acts = ["a": [.fails(), Act(takes: .zero)], "a?": [.fails()]]
    stage.diesAtSecond = 10
    #expect(try stage.drive() == nil)
    stage.bootID = "after the reboot"
    stage.wallIsBehind = .seconds(3600)
    #expect(try stage.drive(.resume(retry: false)) != nil)
    #expect((60...71).contains(stage.now / 1_000_000_000), "\(stage.now)")
  }
}
