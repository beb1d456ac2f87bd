import BelayModel

// How events stand in their lines, after the envelope. JournalFormat.md has the table; the order is the format.

extension RunEvent {
  /// As the line has it.
  public var type: String {
    switch self {
    case .runCreated: "run_created"
    case .driverStarted: "driver_started"
    case .claimsTaken: "claims_taken"
    case .claimsReleased: "claims_released"
    case .stopRequested: "stop_requested"
    case .rollbackStarted: "rollback_started"
    case .rollbackFinished: "rollback_finished"
    case .rested: "rested"
    case .closed: "closed"
    case .planAdopted: "plan_adopted"
    case .nodeStarted: "node_started"
    case .nodeSkipped: "node_skipped"
    case .captured: "captured"
    case .answered: "answered"
    case .sampled: "sampled"
    case .withdrawn: "withdrawn"
    case .nodeFinished: "node_finished"
    case .retryScheduled: "retry_scheduled"
    case .nodeHeld: "node_held"
    case .nodesReset: "nodes_reset"
    case .nodesUndone: "nodes_undone"
    case .asked: "asked"
    case .decided: "decided"
    case .windowOverridden: "window_overridden"
    case .attemptIntended: "attempt_intended"
    case .attemptStarted: "attempt_started"
    case .attemptFinished: "attempt_finished"
    case .leftRunning: "left_running"
    case .doubted: "doubted"
    case .doubtSettled: "doubt_settled"
    case .resolved: "resolved"
    case .watchAnswered: "watch_answered"
    case .watchTripped: "watch_tripped"
    case .watchEnded: "watch_ended"
    case .overdue: "overdue"
    case .escalated: "escalated"
    case .noticeDue: "notice_due"
    case .noticeEnded: "notice_ended"
    }
  }

  func write(into writer: inout LineWriter) {
    switch self {
    case .runCreated, .driverStarted, .claimsTaken, .claimsReleased, .stopRequested, .rollbackStarted,
      .rollbackFinished, .rested, .closed, .planAdopted:
      writeRun(into: &writer)
    case .nodeStarted, .nodeSkipped, .captured, .answered, .sampled, .withdrawn, .nodeFinished,
      .retryScheduled,
      .nodeHeld, .nodesReset, .nodesUndone, .resolved:
      writeNode(into: &writer)
    case .asked, .decided, .windowOverridden: writePeople(into: &writer)
    case .attemptIntended, .attemptStarted, .attemptFinished, .leftRunning, .doubted, .doubtSettled:
      writeAttempt(into: &writer)
    case .watchAnswered, .watchTripped, .watchEnded, .overdue, .escalated,
      .noticeDue, .noticeEnded:
      writeBeside(into: &writer)
    }
  }

  private func writeRun(into writer: inout LineWriter) {
    switch self {
    case .runCreated(let facts): facts.write(into: &writer)
    case .driverStarted(let driver): driver.write(into: &writer)
    case .claimsTaken(let names), .claimsReleased(let names): writer.list("names", names)
    case .stopRequested(let request, let actor):
      writer.text("request", request.rawValue)
      writer.actor("by", actor)
    case .rollbackStarted(let scope, let cause, let actor):
      scope.write(into: &writer)
      writer.text("cause", cause)
      writer.actor("by", actor)
    case .rested(let rest):
      writer.text("status", rest.status.rawValue)
      writer.text("cause", rest.cause)
      writer.text("node", rest.node)
      writer.list("left", rest.left)
    case .closed(let note, let actor, let left):
      writer.text("note", note)
      writer.actor("by", actor)
      if !left.isEmpty { writer.list("left", left) }
    case .planAdopted(let adopted): adopted.write(into: &writer)
    default: break
    }
  }

  private func writeNode(into writer: inout LineWriter) {
    switch self {
    case .nodeStarted(let node, let moment):
      writer.text("node", node)
      if let moment { writer.moment("waits_until", moment) }
    case .nodeSkipped(let node, let reason, let note, let actor):
      writer.text("node", node)
      writer.text("reason", reason.rawValue)
      writer.text("note", note)
      writer.actor("by", actor)
    case .captured(let node, let name, let value):
      writer.text("node", node)
      writer.text("name", name)
      writer.value("value", value)
    case .answered(let node, let answer):
      writer.text("node", node)
      writer.text("question", answer.question.rawValue)
      writer.text("verdict", answer.verdict.rawValue)
      writer.text("reason", answer.reason)
      writer.map("outputs", answer.outputs)
    case .sampled(let node, let progress):
      writer.text("node", node)
      progress.write(into: &writer)
    case .withdrawn(let node): writer.text("node", node)
    case .nodeFinished(let node, let end):
      writer.text("node", node)
      writer.text("status", end.status.rawValue)
      writer.map("outputs", end.outputs)
      writer.failure("failure", end.failure)
      writer.text("found", end.found)
      writer.flag("continued", end.continued)
      writer.stream("kept", end.kept)
    case .retryScheduled(let node, let failure, let moment):
      writer.text("node", node)
      writer.failure("failure", failure)
      writer.moment("until", moment)
    case .nodeHeld(let node, let reason):
      writer.text("node", node)
      writer.text("reason", reason)
    case .nodesReset(let nodes, let reason, let actor):
      writer.list("nodes", nodes)
      writer.text("reason", reason)
      writer.actor("by", actor)
    case .nodesUndone(let nodes, let group):
      writer.list("nodes", nodes)
      writer.text("with", group)
    case .resolved(let node, let resolution, let note, let values, let actor):
      writer.text("node", node)
      writer.text("as", resolution.rawValue)
      writer.text("note", note)
      writer.map("values", values)
      writer.actor("by", actor)
    default: break
    }
  }

  private func writePeople(into writer: inout LineWriter) {
    switch self {
    case .asked(let node, let inquiry):
      writer.text("node", node)
      inquiry.write(into: &writer)
    case .decided(let node, let decision):
      writer.text("node", node)
      decision.write(into: &writer)
    case .windowOverridden(let node, let note, let actor):
      writer.text("node", node)
      writer.text("note", note)
      writer.actor("by", actor)
    default: break
    }
  }

  private func writeAttempt(into writer: inout LineWriter) {
    switch self {
    case .attemptIntended(let node, let intent):
      writer.text("node", node)
      intent.write(into: &writer)
    case .attemptStarted(let node, let attempt, let process):
      writer.attempt(attempt, of: node)
      writer.int("pid", process.pid)
      writer.int("start_ticks", process.startTicks)
    case .attemptFinished(let node, let attempt, let end):
      writer.attempt(attempt, of: node)
      end.write(into: &writer)
    case .leftRunning(let node, let attempt, let processes):
      writer.attempt(attempt, of: node)
      writer.list("processes", processes)
    case .doubted(let node, let attempt, let reason):
      writer.attempt(attempt, of: node)
      writer.text("reason", reason)
    case .doubtSettled(let node, let attempt, let settlement):
      writer.attempt(attempt, of: node)
      writer.text("verdict", settlement.verdict.rawValue)
      writer.text("evidence", settlement.evidence.rawValue)
      writer.text("reason", settlement.reason)
      if let moment = settlement.notBefore { writer.moment("not_before", moment) }
    default: break
    }
  }
}

extension RunCreated {
  fileprivate func write(into writer: inout LineWriter) {
    writer.int("format", RunCreated.format)
    writer.text("plan", planDigest)
    writer.text("playbook", playbook)
    writer.text("title", title)
    writer.text("environment", environment)
    writer.actor("initiator", initiator)
    writer.text("host", host)
    writer.text("version", version)
    writer.text("project", project)
    writer.text("commit", commit)
    writer.flag("dirty", dirty)
    writer.list("claims", claims)
  }
}

extension DriverStarted {
  fileprivate func write(into writer: inout LineWriter) {
    writer.int("driver", epoch)
    writer.int("pid", pid)
    writer.text("host", host)
    writer.text("boot_id", bootID)
    writer.text("purpose", purpose)
    writer.actor("by", actor)
  }
}

extension RollbackScope {
  fileprivate func write(into writer: inout LineWriter) {
    switch self {
    case .run: writer.text("scope", "run")
    case .node(let node):
      writer.text("scope", "node")
      writer.text("node", node)
    case .after(let node):
      writer.text("scope", "after")
      writer.text("node", node)
    }
  }
}

extension Intent {
  fileprivate func write(into writer: inout LineWriter) {
    writer.text("attempt", attempt)
    writer.int("number", number)
    writer.text("key", key)
    writer.text("action", actionDigest)
    writer.text("rollback", rollback)
    writer.int("timeout_ns", Int(timeout.nanoseconds))
    writer.int("rerun", rerun)
    if effect != .process { writer.text("effect", effect.rawValue) }
  }
}

extension AttemptEnd {
  fileprivate func write(into writer: inout LineWriter) {
    writer.text("outcome", outcome.rawValue)
    writer.int("exit", exitCode)
    writer.int("signal", signal)
    writer.int("status", status)
    writer.int("duration_ns", Int(duration.nanoseconds))
    writer.stream("stdout", stdout)
    writer.stream("stderr", stderr)
    writer.stream("answer", answer)
    writer.map("outputs", outputs)
    writer.failure("failure", failure)
    writer.flag("recovered", recovered)
    if changedNothing { writer.flag("changed_nothing", true) }
  }
}

extension LineWriter {
  fileprivate mutating func attempt(_ attempt: AttemptName, of node: NodeID) {
    text("node", node)
    text("attempt", attempt)
  }

  mutating func actor(_ key: String, _ actor: Actor?) {
    guard let actor else { return }
    object(key) { writer in
      writer.text("name", actor.name)
      writer.text("assurance", actor.assurance.rawValue)
      writer.int("uid", actor.uid)
      writer.int("login_uid", actor.loginUid)
    }
  }

  mutating func moment(_ key: String, _ moment: Moment) {
    object(key) { writer in
      writer.time("wall", moment.wall)
      writer.int("boot_ns", Int(moment.boot.nanoseconds))
      writer.text("boot_id", moment.bootID)
    }
  }

  fileprivate mutating func failure(_ key: String, _ failure: Failure?) {
    guard let failure else { return }
    object(key) { writer in
      writer.text("kind", failure.kind)
      writer.text("message", failure.message)
      writer.int("exit", failure.exitCode)
      writer.text("sqlstate", failure.sqlstate)
      writer.text("stderr", failure.stderr)
    }
  }

  /// A stream on which nothing came is left out.
  fileprivate mutating func stream(_ key: String, _ stream: KeptStream) {
    guard stream != KeptStream() else { return }
    object(key) { writer in
      writer.int("bytes", stream.bytes)
      writer.text("sha256", stream.digest)
      writer.text("text", stream.text)
      writer.text("file", stream.file)
      writer.text("file_sha256", stream.fileDigest)
      writer.flag("truncated", stream.truncated)
    }
  }
}
