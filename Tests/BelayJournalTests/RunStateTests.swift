import BelayJournal
import BelayModel
import Testing

private let ana = Actor(name: "ana", assurance: .os, uid: 1000)

private let created = RunEvent.runCreated(
  RunCreated(
    planDigest: "d", playbook: "p", title: "t", environment: nil, initiator: ana, host: "h", version: "v",
    project: "/p", commit: nil, dirty: false, claims: ["deploy"]))

private func driver(_ epoch: Int) -> RunEvent {
  .driverStarted(DriverStarted(epoch: epoch, pid: 1, host: "h", bootID: "b", purpose: "run", actor: ana))
}

private func intent(_ attempt: String, number: Int = 1) -> RunEvent {
  .attemptIntended(
    "a",
    Intent(
      attempt: attempt, number: number, key: "r/a/\(number)", actionDigest: "x", rollback: "a~rollback",
      timeout: .seconds(60), rerun: 0))
}

private func ended(
  _ attempt: String, _ outcome: AttemptEnd.Outcome, changedNothing: Bool = false
) -> RunEvent {
  let failure = outcome == .succeeded ? nil : Failure(kind: "exit", message: "m")
  return .attemptFinished(
    "a", attempt, AttemptEnd(outcome: outcome, failure: failure, changedNothing: changedNothing))
}

private func finished(_ node: String, _ status: NodeStatus) -> RunEvent {
  .nodeFinished(node, NodeEnd(status: status))
}

private func settled(_ verdict: Settlement.Verdict, notBefore moment: Moment? = nil) -> RunEvent {
  .doubtSettled(
    "a", "1.1", Settlement(verdict: verdict, evidence: .verify, reason: "", notBefore: moment))
}

private let moment = Moment(wall: Timestamp(seconds: 9), boot: .seconds(9), bootID: "b")

private func fold(_ events: [RunEvent]) throws -> RunState {
  var state = RunState(run: "r")
  for (index, event) in events.enumerated() { try state.apply(event, at: Timestamp(seconds: Int64(index))) }
  return state
}

@Suite("The state of a run is the fold of its events") struct RunStateTests {
  @Test(
    "what happens to a node",
    arguments: [
      ([intent("1.1")], NodeStatus.intended, 1),
      (
        [intent("1.1"), .attemptStarted("a", "1.1", process: ProcessIdentity(pid: 1, startTicks: 1))],
        .running, 1
      ),
      ([intent("1.1"), ended("1.1", .succeeded), finished("a", .succeeded)], .succeeded, 1),
      ([intent("1.1"), ended("1.1", .failed), finished("a", .failed)], .failed, 1),
      ([intent("1.1"), ended("1.1", .failed, changedNothing: true), finished("a", .failed)], .failed, 0),
      ([intent("1.1"), ended("1.1", .unknown), .doubted("a", "1.1", reason: "")], .inDoubt, 1),
      (
        [intent("1.1"), ended("1.1", .unknown), .doubted("a", "1.1", reason: ""), settled(.notDone)],
        .pending, 0
      ),
      (
        [intent("1.1"), ended("1.1", .unknown), .doubted("a", "1.1", reason: ""), settled(.again)], .pending,
        1
      ),
      (
        [
          intent("1.1"), ended("1.1", .unknown), .doubted("a", "1.1", reason: ""),
          settled(.again, notBefore: moment),
        ], .waiting, 1
      ),
      (
        [
          intent("1.1"), ended("1.1", .unknown), .doubted("a", "1.1", reason: ""),
          .nodeHeld("a", reason: "?"),
        ], .held,
        1
      ),
      (
        [
          intent("1.1"), ended("1.1", .failed),
          .retryScheduled("a", failure: Failure(kind: "exit", message: ""), at: moment),
        ], .waiting, 1
      ),
      ([.nodeSkipped("a", reason: .alreadyDone, note: nil, by: nil)], .skipped, 0),
      ([.nodeStarted("a", waitsUntil: moment)], .waiting, 0),
      (
        [
          .nodeStarted("a", waitsUntil: nil), finished("a", .failed), .nodesReset(["a"], reason: "", by: nil),
        ], .pending, 0
      ),
      (
        [
          intent("1.1"), ended("1.1", .unknown), .doubted("a", "1.1", reason: ""),
          .nodeHeld("a", reason: "?"),
          .resolved("a", as: .done, note: "n", values: ValueMap(), by: ana),
        ], .succeeded, 1
      ),
      (
        [
          intent("1.1"), ended("1.1", .unknown), .doubted("a", "1.1", reason: ""),
          .nodeHeld("a", reason: "?"),
          .resolved("a", as: .notDone, note: "n", values: ValueMap(), by: ana),
        ], .pending, 0
      ),
      (
        [
          intent("1.1"), ended("1.1", .succeeded), finished("a", .succeeded),
          .nodeStarted("a~rollback", waitsUntil: nil),
        ],
        .compensating, 1
      ),
      (
        [
          intent("1.1"), ended("1.1", .succeeded), finished("a", .succeeded),
          .nodeStarted("a~rollback", waitsUntil: nil), finished("a~rollback", .succeeded),
        ], .compensated, 0
      ),
      (
        [
          intent("1.1"), ended("1.1", .succeeded), finished("a", .succeeded),
          .nodeStarted("a~rollback", waitsUntil: nil), finished("a~rollback", .failed),
        ], .compensationFailed, 1
      ),
    ])
  func node(_ events: [RunEvent], _ status: NodeStatus, _ effects: Int) throws {
    let state = try fold([created, driver(1)] + events)
    #expect(state["a"].status == status)
    #expect(state["a"].effects == effects)
  }

  @Test(
    "what cannot follow is refused",
    arguments: [
      [driver(1)], [created, created], [created, driver(2)], [created, intent("1.1")],
      [created, driver(1), intent("1.1"), intent("1.2")], [created, driver(1), intent("1.1", number: 2)],
      [created, driver(1), ended("1.1", .succeeded)],
      [created, driver(1), intent("1.1"), ended("1.1", .succeeded), ended("1.1", .succeeded)],
      [
        created, driver(1), intent("1.1"), ended("1.1", .succeeded), finished("a", .succeeded), intent("1.1"),
      ],
      [created, driver(1), finished("a", .succeeded), finished("a", .succeeded)],
      [created, driver(1), finished("a", .skipped)], [created, driver(1), intent("1.1"), settled(.done)],
      [created, driver(1), .rollbackFinished], [created, .claimsReleased(["other"])],
      [created, driver(1), .resolved("a", as: .done, note: "", values: ValueMap(), by: ana)],
      [created, .closed(note: "", by: ana, left: []), driver(1)],
    ])
  func refused(_ events: [RunEvent]) throws {
    #expect(throws: FoldError.self) { try fold(events) }
    #expect(throws: Never.self) { try fold(events.dropLast()) }
  }

  @Test("the run holds its claims until it has let go")
  func claims() throws {
    #expect(try fold([created, driver(1)]).claims == ["deploy"])
    #expect(try fold([created, driver(1), .rested(Rest(status: .failed, cause: "c"))]).claims == ["deploy"])
    #expect(try fold([created, driver(1), .rested(Rest(status: .succeeded, cause: ""))]).claims.isEmpty)
    #expect(try fold([created, .closed(note: "n", by: ana, left: [])]).claims.isEmpty)
  }

  @Test("captures stay while an effect may be there, and are read anew when it is gone")
  func captures() throws {
    let before = RunEvent.captured("a", name: "old", value: .string("1"))
    let again = RunEvent.nodesReset(["a"], reason: "", by: nil)
    let failed = [
      created, driver(1), before, intent("1.1"), ended("1.1", .failed), finished("a", .failed), again,
    ]
    #expect(try fold(failed)["a"].captures["old"] == .string("1"))
    #expect(try fold([created, driver(1), before, finished("a", .failed), again])["a"].captures.isEmpty)
  }
}
