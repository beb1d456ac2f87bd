import BelayActions
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayPresentation
import BelayStore
import BelayWorld
import Glibc

/// A person's word to a question of a run: put to the engine that drives it, or written down where none does.
struct Deciding {
  let store: SQLiteStore
  let recorded: RecordedRun

  init(_ row: RunRow, in store: SQLiteStore) throws {
    // A step of a run is no person.
    if let run = variable("BELAY_RUN_ID") {
      throw Failure(.usage, "this is a step of run \(run): only a person approves or answers")
    }
    self.store = store
    recorded = try RecordedRun(row, in: store)
  }

  private var run: String { recorded.row.run }

  /// What is to be said, to which node.
  struct Word {
    var node: NodeID?
    var word: Decision.Word
    var note: String?
    var values: [Proposal.Given] = []
    /// To sign with, instead of by the agent.
    var key: String?
  }

  /// - Throws: exit 2 with the reason when it does not count.
  func say(_ word: Word) throws {
    let node = try word.node ?? only(isApproval: word.word == .approved || word.word == .rejected)
    try recorded.requireNode(node)
    let asking = recorded.state[node].asking
    var proposal = Proposal(
      node: node, asked: asking?.number ?? 0, plan: recorded.row.planDigest, word: word.word, note: word.note,
      values: word.values)
    if let asking { try sign(&proposal, asking, key: word.key) }
    let (text, isDriven) = try put(proposal)
    Output.standard.line("\(node): \(word.word.rawValue)\(text.isEmpty ? "" : "; \(text)")")
    if !isDriven { Output.standard.line("nobody drives the run; go on with: \(typed("resume \(run)"))") }
  }

  /// The only question that stands.
  private func only(isApproval: Bool) throws -> NodeID {
    let open = recorded.state.standing.filter { $0.asking.inquiry.subject.isApproval == isApproval }
    if open.count == 1 { return open[0].node }
    guard open.isEmpty else {
      throw Failure(
        .usage, "\(open.count) questions stand: say which",
        hints: open.map { "\($0.node): \($0.asking.inquiry.message)" })
    }
    let others = recorded.state.standing.map { "\($0.node): \($0.asking.inquiry.words)" }
    throw Failure(
      .usage,
      "run \(run) asks for no \(isApproval ? "approval" : "answer"); it is \(recorded.row.status.words)",
      hints: others.isEmpty ? ["\(typed("status \(run)")) shows every node"] : others)
  }

  // MARK: Signatures

  private func sign(_ proposal: inout Proposal, _ asking: Asking, key: String?) throws {
    let isAsked = asking.inquiry.requirements.contains { $0.assurance == .signature }
    guard key != nil || (isAsked && !proposal.word.isRefusal) else { return }
    let text = SignedWords.text(
      run: run, plan: proposal.plan, node: proposal.node, asked: proposal.asked, word: proposal.word,
      values: proposal.values.map { ($0.name, $0.text) })
    let people = candidates()
    do {
      let signature =
        try key.map { path throws(Signatures.Failure) in
          try Signatures.sign(text, for: SignedWords.namespace, keyFile: path)
        } ?? Signatures.sign(text, for: SignedWords.namespace, publicKeys: people.flatMap(\.keys))
      let signer = people.first {
        Signatures.isValid(signature, of: text, for: SignedWords.namespace, keys: $0.keys)
      }
      guard let signer else {
        throw Failure(.usage, "the roster of the run's plan does not have this key")
      }
      proposal.signature = signature
      proposal.signer = signer.id
    } catch let failure as Signatures.Failure {
      throw Failure(
        .usage, "\(proposal.node) asks for a signature, and none can be made: \(failure.message)",
        hints: [
          "add a key of the roster's to your agent: ssh-add", "or name its file: --key ~/.ssh/id_ed25519",
        ])
    }
  }

  /// Whoever this user is first: an agent may hold the keys of more than one.
  private func candidates() -> [Roster.Person] {
    let people = recorded.plan.roster?.people ?? []
    let uids = Accounts(of: recorded.plan.roster).uids
    return people.filter { uids[$0.id] == Int(getuid()) } + people.filter { uids[$0.id] != Int(getuid()) }
  }

  // MARK: Where it goes

  /// - Returns: what is still waited for, and whether somebody drives the run on.
  private func put(_ proposal: Proposal) throws -> (text: String, isDriven: Bool) {
    let folder = store.runFolder(run)
    // Between a driver that has just died or is about to listen there is a moment in which nobody answers.
    for attempt in 0..<50 {
      if attempt > 0 { usleep(100_000) }
      switch propose(proposal, runFolder: folder) {
      case .accepted(let text)?: return (text, true)
      case .refused(let text)?: throw Failure(.usage, text)
      case nil: break
      }
      do {
        let lock = try DriverLock.take(folder)
        defer { withExtendedLifetime(lock) {} }
        return (try write(proposal), false)
      } catch let error as DriverError {
        guard case .driven = error, attempt < 49 else { throw Failure(error, run: run) }
      }
    }
    throw Failure(.lockHeld, "run \(run) is driven, and its engine does not answer")
  }

  /// Nobody drives: what the engine would do is done here, by the same rules.
  private func write(_ proposal: Proposal) throws -> String {
    // Read under the lock: it may have been said before, by a driver that has died since.
    let recorded = try RecordedRun(try store.run(run) ?? recorded.row, in: store)
    try recorded.requireSignatures()
    let now = SystemClock.wall()
    do {
      let actor = try proposal.verified(Caller.actor(), recorded.plan, recorded.state)
      let engine = Engine(
        plan: recorded.plan, digest: recorded.row.planDigest, actions: builtInActions, run: recorded.state,
        accounts: Accounts(of: recorded.plan.roster), zones: SystemZones.rules(of: recorded.plan))
      let decision = try engine.admit(proposal, by: actor, at: now)
      let state = try recorded.append(.decided(proposal.node, decision), at: now, in: store)
      let missing = state[proposal.node].asking?.missing ?? []
      return missing.isEmpty ? "" : "still waits for \(missing.map(\.words).joined(separator: "; and "))"
    } catch let refusal as Refusal {
      throw Failure(.usage, refusal.message)
    }
  }
}

extension RunState {
  /// Questions to people that stand, in the order in which they were first put.
  var standing: [(node: NodeID, asking: Asking)] {
    touched.compactMap { node in
      let record = self[node]
      guard let asking = record.asking, !asking.isTaken, !record.status.hasEnded, asking.state == .open else {
        return nil
      }
      return (node: node, asking: asking)
    }
  }
}

extension RecordedRun {
  /// Writes an event of a person's down, without a driver; under the driver's lock.
  ///
  /// - Returns: the state after it.
  func append(_ event: RunEvent, at now: Timestamp, in store: SQLiteStore) throws -> RunState {
    var state = state
    do {
      try state.apply(event, at: now)
      guard let row = state.row else { return state }
      let line = EventLine.encode(event, run: row.run, number: state.events, epoch: state.epoch, at: now)
      _ = try store.append(
        AppendBatch(run: row.run, epoch: state.epoch, firstNumber: state.events, lines: [line], row: row))
      return state
    } catch let error as FoldError {
      throw Failure(.usage, error.message)
    } catch let error as StoreError {
      throw Failure(error)
    }
  }
}
