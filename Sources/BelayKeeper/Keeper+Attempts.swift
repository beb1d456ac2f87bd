internal import CSystem
internal import Glibc

// From the request to the told end.
extension Keeper {
  /// Slots that an attempt may still need when it was accepted: start, two signals, and an end with 8 KiB of output and
  /// its lists.
  private static let slotsPerAttempt = 64
  /// Bytes of a reason.
  private static let textLimit = 1000
  /// Names in a list of processes.
  private static let listLimit = 24

  // MARK: Starting

  func start(_ request: SpawnRequest) {
    let id = request.attempt
    if log.hasAccepted(id) {
      return tell(.usedBefore(id, reason: "an attempt \(id) was accepted before"))
    }
    guard log.reserve((running.count + 1) * Keeper.slotsPerAttempt) else {
      return tell(.noSpace(id, reason: "no room in \(Keeper.logName) for how it ends"))
    }
    let accepted = AcceptRecord(
      space: space, timeout: request.timeout, grace: request.grace, sensitive: request.sensitive,
      time: now(CLOCK_REALTIME))
    guard log.append([slot(.accepted, id, accepted.payload, time: accepted.time)]) else {
      return tell(.refused(id, reason: "\(Keeper.logName) cannot be written"))
    }
    let startedAt = now(CLOCK_MONOTONIC)
    do {
      try launch(request, startedAt: startedAt)
    } catch { tellFailure(error, of: id, startedAt: startedAt) }
  }

  private func launch(_ request: SpawnRequest, startedAt: UInt64) throws(StartFailure) {
    let program = try Program(request, mark: mark(request.attempt))
    let input = try StandardInput.file(request.input, nothing: nothing)
    let stdout = try Pipe()
    let stderr = try Pipe()
    let before = now(CLOCK_BOOTTIME)
    let pid = try withExtendedLifetime((input, stdout, stderr)) { () throws(StartFailure) in
      try program.start(
        input: input.number, output: stdout.writing.number, error: stderr.writing.number)
    }
    let record = StartRecord(
      pid: pid, session: pid, space: space, startedBetween: before...max(before, now(CLOCK_BOOTTIME)),
      time: now(CLOCK_REALTIME))
    log.append([slot(.started, request.attempt, record.payload, time: record.time)])
    let live = request.sensitive ? nil : LiveOutput(of: request.attempt, startedAt: startedAt)
    let outputs = [(OutputStream.stdout, stdout), (.stderr, stderr)].map { stream, pipe in
      OpenOutput(
        pipe.reading, tag: newTag(),
        keeper: StreamKeeper(
          stream, of: request.attempt, limits: request.limits, sensitive: request.sensitive,
          patterns: patterns, folder: folder, live: live))
    }
    let attempt = RunningAttempt(
      request, start: record, startedAt: startedAt, outputs: outputs, live: live)
    running[pid] = attempt
    tell(.started(request.attempt, record))
  }

  private func tellFailure(_ failure: StartFailure, of id: AttemptID, startedAt: UInt64) {
    var nothing = StreamRecord()
    nothing.digest = StreamKeeper.emptyDigest
    let exit = ExitRecord(
      ending: .notStarted(failure.code, text(failure.words)), stopped: nil,
      duration: now(CLOCK_MONOTONIC) - startedAt, usage: ResourceUse(), stdout: nothing, stderr: nothing,
      leftRunning: [], notStopped: [], time: now(CLOCK_REALTIME))
    record(exit, of: id)
  }

  // MARK: Output

  func read(_ attempt: RunningAttempt, _ index: Int) {
    let output = attempt.outputs[index]
    guard let file = output.file, output.read(into: buffer, limit: Keeper.fairShare) else { return }
    if attempt.watchAt == nil { forget(output.tag, file.number) }
    _ = output.close()
  }

  private func watchOutputs(of attempt: RunningAttempt) {
    attempt.watchAt = nil
    for (index, output) in attempt.outputs.enumerated() {
      guard let file = output.file else { continue }
      sources[output.tag] = .output(attempt, index)
      poll.watch(file.number, as: output.tag)
    }
  }

  func drain(_ file: Descriptor, _ tag: UInt64) {
    var taken = 0
    while taken < Keeper.fairShare {
      let count = Glibc.read(file.number, buffer.baseAddress, buffer.count)
      if count > 0 {
        taken += count
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        return forget(tag, file.number)
      } else if errno == EAGAIN {
        return
      }
    }
  }

  // MARK: Going on

  /// Does what is due for an attempt.
  func advance(_ attempt: RunningAttempt, now time: UInt64) {
    if attempt.end == nil, attempt.stop == nil, let deadline = attempt.deadline, time >= deadline {
      stop(attempt, .timeout, now: time)
    }
    if let stop = attempt.stop, !stop.isDone, time >= stop.nextSweep { sweep(attempt, now: time) }
    if attempt.hasEnded {
      let keepUntil = attempt.keepUntil ?? time + Keeper.keepAfterEnd
      attempt.keepUntil = keepUntil
      for index in attempt.outputs.indices { read(attempt, index) }
      if attempt.outputs.allSatisfy({ $0.file == nil }) || time >= keepUntil { return finish(attempt) }
    }
    if let watchAt = attempt.watchAt, time >= watchAt || attempt.hasEnded { watchOutputs(of: attempt) }
    attempt.live?.write(now: time)
  }

  func stop(_ attempt: RunningAttempt, _ cause: StopCause, now time: UInt64) {
    reapNow()
    if attempt.end != nil || attempt.stop != nil { return }
    attempt.stop = StopLadder(cause, grace: attempt.grace, at: time)
    recordSignal(attempt.id, SIGTERM, cause)
    sweep(attempt, now: time)
  }

  private func sweep(_ attempt: RunningAttempt, now time: UInt64) {
    guard var stop = attempt.stop else { return }
    reapNow()
    if stop.turnsToKill(at: time) { recordSignal(attempt.id, SIGKILL, stop.cause) }
    stop.sweep(attempt.start, mark: mark(attempt.id), firstEnded: attempt.end != nil, now: time)
    attempt.stop = stop
  }

  func recordSignal(_ attempt: AttemptID, _ signal: Int32, _ cause: StopCause) {
    let record = SignalRecord(signal: signal, cause: cause, time: now(CLOCK_REALTIME))
    log.append([slot(.signal, attempt, record.payload, time: record.time)])
  }

  // MARK: The end

  private func finish(_ attempt: RunningAttempt) {
    if attempt.watchAt != nil { watchOutputs(of: attempt) }
    running[attempt.start.pid] = nil
    defer { attempt.live?.remove() }
    let streams = attempt.outputs.map { output -> StreamRecord in
      let open = output.close()
      if let open {
        sources[output.tag] = .drain(open)
      }
      return output.keeper.finish(heldOpen: open != nil)
    }
    if attempt.end == nil { orphans.insert(attempt.start.pid) }
    let end = attempt.end?.at ?? now(CLOCK_MONOTONIC)
    // After a stop these are what it could not find: the mark cleaned away, in a session of its own.
    let notStopped = attempt.stop?.notStopped ?? []
    let left = leftRunning(by: attempt).filter { !notStopped.contains($0) }
    let exit = ExitRecord(
      ending: attempt.end?.ending ?? .stillRunning, stopped: attempt.stop?.cause,
      duration: end - attempt.startedAt, usage: attempt.end?.usage ?? ResourceUse(), stdout: streams[0],
      stderr: streams[1], leftRunning: list(left), notStopped: list(notStopped), time: now(CLOCK_REALTIME))
    record(exit, of: attempt.id)
  }

  func record(_ exit: ExitRecord, of id: AttemptID) {
    log.append(exit.withoutSensitive.slots(of: id, monotonic: now(CLOCK_MONOTONIC)))
    tell(.finished(id, exit))
  }

  /// What an attempt has left alive. Everything that it left is, or hangs below, a child of ours by now: where there is no
  /// child but those known, nothing is looked for.
  private func leftRunning(by attempt: RunningAttempt) -> [String] {
    if running.isEmpty, !ProcessTable.hasChildren() { return [] }
    let children = ProcessTable.children()?.filter { running[$0] == nil }
    if let children, orphans.isSuperset(of: children) { return [] }
    var found = ProcessTable.members(of: attempt.start, mark: mark(attempt.id))
    let new = Set(children ?? []).subtracting(orphans).compactMap(ProcessStatus.init(pid:))
    let others = Dictionary(uniqueKeysWithValues: running.values.map { ($0.start.session, mark($0.id)) })
    let settled = new.filter { !ProcessTable.belongs($0, toAnyOf: others) }
    orphans.formUnion(settled.map(\.pid))
    if running.isEmpty {
      // It has cleaned its environment and has a session of its own, but there was nobody else who could have left it.
      let named = Set(found.map(\.pid))
      found += settled.filter { $0.isAlive && !named.contains($0.pid) }
    }
    return found.filter { !$0.isEnding }.sorted { $0.pid < $1.pid }.map { "\($0.pid) \($0.command)" }
  }

  /// Masked, and short enough for what is reserved in the log.
  func text(_ text: String) -> String {
    let masked = patterns.masked(text)
    guard masked.utf8.count > Keeper.textLimit else { return masked }
    return String(decoding: masked.utf8.prefix(Keeper.textLimit), as: UTF8.self) + "…"
  }

  func list(_ processes: [String]) -> [String] {
    var list = processes.prefix(Keeper.listLimit).map { patterns.masked($0.onOneLine) }
    if processes.count > list.count { list.append("… \(processes.count - list.count) more") }
    return list
  }
}

extension ExitRecord {
  /// As the log may have it.
  fileprivate var withoutSensitive: ExitRecord {
    var copy = self
    if copy.stdout.missing == .sensitive { copy.stdout.place = .nowhere }
    if copy.stderr.missing == .sensitive { copy.stderr.place = .nowhere }
    return copy
  }
}
