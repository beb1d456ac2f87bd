import BelayEngine
import BelayJournal
import BelayModel
import Testing

@Suite("Choices, loops and attempts at groups") struct ChoiceTests {
  @Test("of a choice the first child whose condition holds runs, and no other; its name is the result")
  func first() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: way
          mode: choice
          steps:
            - { step: a, when: 1 > 2, exec: [a], rollback: nothing }
            - { step: b, when: 2 > 1, exec: [b], rollback: nothing }
            - { step: c, exec: [c], rollback: nothing }
        - { step: after, when: steps.way.chosen == "b", exec: [d], rollback: nothing }
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["b", "after"])
    #expect(try stage.state()["a"].skipped == .condition)
    #expect(try stage.state()["c"].skipped == .condition)
  }

  @Test("a choice stands when the run is rolled back to the step that was chosen")
  func stands() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: way
          mode: choice
          steps:
            - { step: a, when: 2 > 1, exec: [a], rollback: { exec: [undo] } }
            - { step: b, exec: [b], rollback: { exec: [undo] } }
        - { step: c, exec: [c], rollback: { exec: [undo] } }
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.drive(.rollback(.after("a"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["a", "c", "c~rollback", "c"])
  }

  @Test("a temporary that a choice has not been made for is not applied early")
  func notReached() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: before, exec: [x], rollback: { exec: [undo] } }
        - group: way
          mode: choice
          steps:
            - { step: a, when: 1 > 2, exec: [a], temporary: true, rollback: { exec: [undo] } }
            - { step: b, exec: [b], rollback: { exec: [undo] } }
      """)
    #expect(try stage.drive() == .succeeded)
    #expect(try stage.drive(.rollback(.after("before"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .succeeded)
    #expect(stage.started == ["before", "b", "b~rollback", "b"])
  }

  @Test("each item has a copy with names of its own, one after the other or side by side")
  func copies() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - step: a
          each: { host: [x, y] }
          exec: [deploy, "${{ each.host }}"]
          outputs: { said: "lines[0]" }
          rollback: { exec: [undo, "${{ each.host }}"] }
        - { step: b, when: 'steps.a["y"].said == "two"', exec: [b], rollback: nothing }
      """)
    stage.acts = ["a[x]": [.says("one\n")], "a[y]": [.says("two\n")]]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.story == ["a[x]", "a[x].", "a[y]", "a[y].", "b", "b."])
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(stage.started.suffix(2) == ["a[y]~rollback", "a[x]~rollback"])
  }

  @Test("a group is tried again as a whole, nothing undone between; a rollback undoes every attempt")
  func rounds() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: apply
          retry: { attempts: 3, delay: 5s }
          steps:
            - { step: a, exec: [a], rollback: { exec: [undo] } }
            - { step: b, exec: [b], outputs: { n: "lines[0]" }, rollback: { exec: [undo] } }
        - { step: c, when: steps.b.n == "2", exec: [c], rollback: { exec: [undo] } }
      """)
    stage.acts = ["b": [.fails()], "apply#2/b": [.says("2\n")]]
    #expect(try stage.drive() == .succeeded)
    #expect(stage.started == ["a", "b", "apply#2/a", "apply#2/b", "c"])
    #expect(try stage.state()["apply#3"].skipped == .condition)
    #expect(try stage.state().cause == "")
    // Four seconds of work, five of waiting, and one more.
    #expect(stage.now == 10_000_000_000)
    #expect(try stage.drive(.rollback(.run)) == .rolledBack)
    #expect(
      stage.started.suffix(5)
        == ["c~rollback", "apply#2/b~rollback", "apply#2/a~rollback", "b~rollback", "a~rollback"])
  }

  @Test("a group whose attempts have all failed has failed, and resume --retry goes on in the last one")
  func allFail() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - group: apply
          retry: { attempts: 2, delay: 1s }
          steps:
            - { step: a, exec: [a], rollback: nothing }
            - { step: b, exec: [b], rollback: nothing }
      """)
    stage.acts = ["b": [.fails()], "apply#2/b": [.fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started == ["a", "b", "apply#2/a", "apply#2/b", "apply#2/b"])
  }

  @Test("a temporary of an attempt that is not needed any more is not applied again")
  func roundNotNeeded() throws {
    let stage = try Stage(
      """
      belay: 1
      steps:
        - { step: before, exec: [x], rollback: { exec: [undo] } }
        - group: apply
          retry: { attempts: 2, delay: 1s }
          steps:
            - { step: a, exec: [a], temporary: true, rollback: { exec: [undo] } }
            - { step: b, exec: [b], rollback: { exec: [undo] } }
        - { step: last, exec: [x], rollback: nothing }
      """)
    stage.acts = ["b": [.fails(), .ok], "last": [.fails(), .fails(), .ok]]
    #expect(try stage.drive() == .failed)
    #expect(try stage.drive(.rollback(.after("before"))) == .paused)
    #expect(try stage.drive(.resume(retry: false)) == .failed)
    let since = stage.started.count
    #expect(try stage.drive(.resume(retry: true)) == .succeeded)
    #expect(stage.started.dropFirst(since) == ["last"])
  }
}
