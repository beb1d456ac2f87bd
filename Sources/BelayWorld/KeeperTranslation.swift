internal import BelayDigest
internal import BelayEngine
internal import BelayJournal
internal import BelayKeeper
internal import BelayModel

// The keeper's words in the engine's.

extension EffectReport {
  /// - Parameter folder: the run's, in which kept output lies.
  init(_ exit: ExitRecord, in folder: String) {
    let ending: ProcessResult.Ending =
      switch exit.ending {
      case .exited(let code): .exited(code: code)
      case .signalled(let signal, _): .signalled(signal)
      case .notStarted(_, let reason): .notStarted(reason)
      // Only ever after a stop, which makes the outcome unknown; `notStopped` names it.
      case .stillRunning, .unobserved: .signalled(9)
      }
    self.init(
      result: ProcessResult(
        ending: ending, stdout: exit.stdout.result(in: folder), stderr: exit.stderr.result(in: folder),
        duration: TimeSpan(nanoseconds: Int64(clamping: exit.duration)), stoppedBecause: exit.stopped?.word),
      stdout: exit.stdout.kept, stderr: exit.stderr.kept, leftRunning: exit.leftRunning,
      notStopped: exit.notStopped)
  }

  /// An attempt that the keeper would not take.
  init(refused reason: String) {
    let nothing = ProcessResult.Stream(text: "", truncated: false)
    self.init(
      result: ProcessResult(ending: .notStarted(reason), stdout: nothing, stderr: nothing, duration: .zero),
      stdout: KeptStream(), stderr: KeptStream())
  }
}

extension ExitRecord {
  /// Why it is not known how it ended; nil: it is.
  var lostBecause: String? {
    guard ending == .unobserved else { return nil }
    switch stopped {
    case nil: return "its keeper was killed, and it ended unobserved"
    case .timeout?: return "its keeper was killed, and it was stopped at its timeout"
    case .asked?: return "its keeper was killed, and it was stopped"
    }
  }
}

extension StopCause {
  fileprivate var word: String {
    switch self {
    case .timeout: "timeout"
    case .asked(let reason): reason
    }
  }
}

extension StreamRecord {
  /// What was kept, as conditions and outputs see it.
  fileprivate func result(in folder: String) -> ProcessResult.Stream {
    switch place {
    case .nowhere: return ProcessResult.Stream(text: "", truncated: truncated || bytes > 0)
    case .inline(let kept):
      return ProcessResult.Stream(text: String(decoding: kept, as: UTF8.self), truncated: truncated)
    case .file(let path, _, _):
      // With the line that says what was left out.
      let limit = Limits.maxOutput + 1024
      guard let bytes = try? SmallFile.bytes(folder + "/" + path, limit: limit) else {
        return ProcessResult.Stream(text: "", truncated: true)
      }
      return ProcessResult.Stream(text: String(decoding: bytes, as: UTF8.self), truncated: truncated)
    }
  }

  fileprivate var kept: KeptStream {
    var kept = KeptStream(bytes: Int(clamping: bytes), truncated: truncated)
    guard missing != .sensitive else { return kept }
    kept.digest = bytes > 0 ? digest?.description : nil
    switch place {
    case .nowhere: break
    case .inline(let text): kept.text = text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    case .file(let path, _, let digest):
      kept.file = path
      kept.fileDigest = digest.description
    }
    return kept
  }
}

extension StartRecord {
  var identity: ProcessIdentity {
    ProcessIdentity(pid: Int(pid), startTicks: Int(clamping: startTicks.lowerBound))
  }
}

extension BelayEngine.Fate {
  init(_ fate: BelayKeeper.Fate, in folder: String) {
    switch fate {
    case .notStarted: self = .notStarted
    case .running(let start): self = .running(start?.identity)
    case .runningUnobserved(let start): self = .unknown("process \(start.pid) runs, and no keeper has it")
    case .endedUnobserved: self = .unknown("its keeper was killed, and it ended unobserved")
    case .exited(let record):
      self = record.lostBecause.map(Fate.unknown) ?? .ended(EffectReport(record, in: folder))
    case .unknown(let reason): self = .unknown(reason)
    }
  }
}
