import BelayModel

// The inverse of RunEvent+JSON.swift, in the same order.

extension RunEvent {
  init(type: String, _ fields: inout LineFields) throws(EventLineError) {
    if let event = try RunEvent.ofRun(type, &fields) {
      self = event
    } else if let event = try RunEvent.ofAttempt(type, &fields) {
      self = event
    } else if let event = try RunEvent.ofPeople(type, &fields) {
      self = event
    } else if let event = try RunEvent.ofNode(type, &fields) {
      self = event
    } else if let event = try RunEvent.beside(type, &fields) {
      self = event
    } else {
      throw .unknownType(type)
    }
  }

  private static func ofRun(_ type: String, _ fields: inout LineFields) throws(EventLineError) -> RunEvent? {
    switch type {
    case "run_created": .runCreated(try RunCreated(&fields))
    case "driver_started": .driverStarted(try DriverStarted(&fields))
    case "claims_taken": .claimsTaken(try fields.list("names"))
    case "claims_released": .claimsReleased(try fields.list("names"))
    case "stop_requested": .stopRequested(try fields.word("request"), by: try fields.actor("by"))
    case "rollback_started":
      .rollbackStarted(
        try RollbackScope(&fields), cause: try fields.text("cause"), by: try fields.optionalActor("by"))
    case "rollback_finished": .rollbackFinished
    case "rested":
      .rested(
        Rest(
          status: try fields.word("status"), cause: try fields.text("cause"),
          node: try fields.optionalText("node"), left: try fields.list("left")))
    case "plan_adopted": .planAdopted(try PlanAdopted(&fields))
    case "closed":
      .closed(
        note: try fields.text("note"), by: try fields.actor("by"), left: try fields.optionalList("left"))
    default: nil
    }
  }

  private static func ofNode(_ type: String, _ fields: inout LineFields) throws(EventLineError) -> RunEvent? {
    switch type {
    case "node_started":
      .nodeStarted(
        try fields.text("node"), waitsUntil: try fields.optionalObject("waits_until", Moment.init(fields:)))
    case "node_skipped":
      .nodeSkipped(
        try fields.text("node"), reason: try fields.word("reason"), note: try fields.optionalText("note"),
        by: try fields.optionalActor("by"))
    case "captured":
      .captured(
        try fields.text("node"), name: try fields.text("name"), value: try fields.value("value"))
    case "answered":
      .answered(
        try fields.text("node"),
        Answer(
          question: try fields.word("question"), verdict: try fields.word("verdict"),
          reason: try fields.text("reason"), outputs: try fields.map("outputs")))
    case "sampled": .sampled(try fields.text("node"), try SoakProgress(&fields))
    case "withdrawn": .withdrawn(try fields.text("node"))
    case "node_finished":
      .nodeFinished(
        try fields.text("node"),
        NodeEnd(
          status: try fields.word("status"), outputs: try fields.map("outputs"),
          failure: try fields.optionalFailure("failure"), found: try fields.optionalText("found"),
          continued: try fields.flag("continued"),
          kept: try fields.optionalObject("kept", KeptStream.init(fields:)) ?? KeptStream()))
    case "retry_scheduled":
      .retryScheduled(
        try fields.text("node"), failure: try fields.object("failure", Failure.init(fields:)),
        at: try fields.object("until", Moment.init(fields:)))
    case "node_held": .nodeHeld(try fields.text("node"), reason: try fields.text("reason"))
    case "nodes_reset":
      .nodesReset(
        try fields.list("nodes"), reason: try fields.text("reason"), by: try fields.optionalActor("by"))
    case "nodes_undone":
      .nodesUndone(try fields.list("nodes"), with: try fields.text("with"))
    case "resolved":
      .resolved(
        try fields.text("node"), as: try fields.word("as"), note: try fields.text("note"),
        values: try fields.map("values"), by: try fields.actor("by"))
    default: nil
    }
  }

  private static func ofPeople(
    _ type: String, _ fields: inout LineFields
  ) throws(EventLineError) -> RunEvent? {
    switch type {
    case "asked": .asked(try fields.text("node"), try Inquiry(&fields))
    case "decided": .decided(try fields.text("node"), try Decision(&fields))
    case "window_overridden":
      .windowOverridden(
        try fields.text("node"), note: try fields.text("note"), by: try fields.actor("by"))
    default: nil
    }
  }

  private static func ofAttempt(
    _ type: String, _ fields: inout LineFields
  ) throws(EventLineError) -> RunEvent? {
    switch type {
    case "attempt_intended": .attemptIntended(try fields.text("node"), try Intent(&fields))
    case "attempt_started":
      .attemptStarted(
        try fields.text("node"), try fields.text("attempt"),
        process: ProcessIdentity(pid: try fields.int("pid"), startTicks: try fields.int("start_ticks")))
    case "attempt_finished":
      .attemptFinished(try fields.text("node"), try fields.text("attempt"), try AttemptEnd(&fields))
    case "left_running":
      .leftRunning(
        try fields.text("node"), try fields.text("attempt"), processes: try fields.list("processes"))
    case "doubted":
      .doubted(try fields.text("node"), try fields.text("attempt"), reason: try fields.text("reason"))
    case "doubt_settled":
      .doubtSettled(
        try fields.text("node"), try fields.text("attempt"),
        Settlement(
          verdict: try fields.word("verdict"), evidence: try fields.word("evidence"),
          reason: try fields.text("reason"),
          notBefore: try fields.optionalObject("not_before", Moment.init(fields:))))
    default: nil
    }
  }
}

extension RunCreated {
  fileprivate init(_ fields: inout LineFields) throws(EventLineError) {
    let format = try fields.int("format")
    guard format <= RunCreated.format else { throw .newer(format) }
    guard format == RunCreated.format else { throw .malformed("there is no format \(format)") }
    self.init(
      planDigest: try fields.text("plan"), playbook: try fields.text("playbook"),
      title: try fields.text("title"), environment: try fields.optionalText("environment"),
      initiator: try fields.actor("initiator"), host: try fields.text("host"),
      version: try fields.text("version"), project: try fields.text("project"),
      commit: try fields.optionalText("commit"), dirty: try fields.flag("dirty"),
      claims: try fields.list("claims"))
  }
}

extension DriverStarted {
  fileprivate init(_ fields: inout LineFields) throws(EventLineError) {
    self.init(
      epoch: try fields.int("driver"), pid: try fields.int("pid"), host: try fields.text("host"),
      bootID: try fields.text("boot_id"), purpose: try fields.text("purpose"), actor: try fields.actor("by"))
  }
}

extension RollbackScope {
  fileprivate init(_ fields: inout LineFields) throws(EventLineError) {
    let scope = try fields.text("scope")
    switch scope {
    case "run": self = .run
    case "node": self = .node(try fields.text("node"))
    case "after": self = .after(try fields.text("node"))
    default: throw .malformed("'scope' cannot be '\(scope)'")
    }
  }
}

extension Intent {
  fileprivate init(_ fields: inout LineFields) throws(EventLineError) {
    self.init(
      attempt: try fields.text("attempt"), number: try fields.int("number"), key: try fields.text("key"),
      actionDigest: try fields.text("action"), rollback: try fields.optionalText("rollback"),
      timeout: try fields.span("timeout_ns"), rerun: try fields.int("rerun"),
      effect: try fields.optionalText("effect").map(Intent.effect) ?? .process)
  }
}

extension Intent {
  /// A process is the rule, and goes without saying.
  private static func effect(_ word: String) throws(EventLineError) -> EffectKind {
    guard let kind = EffectKind(rawValue: word), kind != .process else {
      throw .malformed("'effect' cannot be '\(word)'")
    }
    return kind
  }
}

extension AttemptEnd {
  fileprivate init(_ fields: inout LineFields) throws(EventLineError) {
    self.init(
      outcome: try fields.word("outcome"), exitCode: try fields.optionalInt("exit"),
      signal: try fields.optionalInt("signal"), status: try fields.optionalInt("status"),
      duration: try fields.span("duration_ns"),
      stdout: try fields.optionalObject("stdout", KeptStream.init(fields:)) ?? KeptStream(),
      stderr: try fields.optionalObject("stderr", KeptStream.init(fields:)) ?? KeptStream(),
      answer: try fields.optionalObject("answer", KeptStream.init(fields:)) ?? KeptStream(),
      outputs: try fields.map("outputs"), failure: try fields.optionalFailure("failure"),
      recovered: try fields.flag("recovered"),
      changedNothing: try fields.optionalFlag("changed_nothing") ?? false)
  }
}

extension KeptStream {
  fileprivate init(fields: inout LineFields) throws(EventLineError) {
    self.init(
      bytes: try fields.int("bytes"), digest: try fields.optionalText("sha256"),
      text: try fields.optionalText("text"), file: try fields.optionalText("file"),
      fileDigest: try fields.optionalText("file_sha256"), truncated: try fields.flag("truncated"))
  }
}

extension Actor {
  fileprivate init(fields: inout LineFields) throws(EventLineError) {
    self.init(
      name: try fields.text("name"), assurance: try fields.word("assurance"),
      uid: try fields.optionalInt("uid"), loginUid: try fields.optionalInt("login_uid"))
  }
}

extension Moment {
  init(fields: inout LineFields) throws(EventLineError) {
    self.init(
      wall: try fields.time("wall"), boot: try fields.span("boot_ns"), bootID: try fields.text("boot_id"))
  }
}

extension Failure {
  fileprivate init(fields: inout LineFields) throws(EventLineError) {
    self.init(
      kind: try fields.text("kind"), message: try fields.text("message"),
      exitCode: try fields.optionalInt("exit"), sqlstate: try fields.optionalText("sqlstate"),
      stderr: try fields.text("stderr"))
  }
}

extension LineFields {
  mutating func span(_ key: String) throws(EventLineError) -> TimeSpan {
    TimeSpan(nanoseconds: Int64(try int(key)))
  }

  mutating func actor(_ key: String) throws(EventLineError) -> Actor {
    try object(key, Actor.init(fields:))
  }

  fileprivate mutating func optionalActor(_ key: String) throws(EventLineError) -> Actor? {
    try optionalObject(key, Actor.init(fields:))
  }

  fileprivate mutating func optionalFailure(_ key: String) throws(EventLineError) -> Failure? {
    try optionalObject(key, Failure.init(fields:))
  }
}
