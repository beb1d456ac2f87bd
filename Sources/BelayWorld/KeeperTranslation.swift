internal import BelayEngine
internal import BelayJournal
internal import BelayKeeper
internal import BelayModel

// The keeper's words in the engine's.

extension ProcessReport {
  /// - Parameter folder: the run's, in which kept output lies.
  init(_ exit: ExitRecord, in folder: String) {
    let ending: ProcessResult.Ending =
      switch exit.ending {
      case .exited(let code): .exited(code: code)
      case .signalled(let signal): .signalled(signal)
      case .notStarted(let reason): .notStarted(reason)
      }
    self.init(
      result: ProcessResult(
        ending: ending, stdout: exit.stdout.stream(in: folder), stderr: exit.stderr.stream(in: folder),
        duration: TimeSpan(nanoseconds: Int64(exit.durationNanoseconds)), stoppedBecause: exit.stoppedBecause),
      stdout: exit.stdout.kept, stderr: exit.stderr.kept, leftRunning: exit.leftRunning,
      notStopped: exit.notSignalled)
  }
}

extension KeptOutput {
  /// What was kept, as conditions and outputs see it.
  fileprivate func stream(in folder: String) -> ProcessResult.Stream {
    if let inline {
      return ProcessResult.Stream(text: String(decoding: inline, as: UTF8.self), truncated: truncated)
    }
    guard let file else { return ProcessResult.Stream(text: "", truncated: truncated || bytes > 0) }
    guard let text = try? SmallFile.read(folder + "/" + file) else {
      return ProcessResult.Stream(text: "", truncated: true)
    }
    return ProcessResult.Stream(text: text, truncated: truncated)
  }

  fileprivate var kept: KeptStream {
    KeptStream(
      bytes: Int(bytes), digest: digest, text: inline.map { String(decoding: $0, as: UTF8.self) }, file: file,
      fileDigest: fileDigest, truncated: truncated)
  }
}

extension BelayEngine.Fate {
  init(_ fate: BelayKeeper.Fate, in folder: String) {
    switch fate {
    case .notStarted: self = .notStarted
    case .running(let start):
      self = .running(start.map { ProcessIdentity(pid: Int($0.pid), startTicks: Int($0.startTicks)) })
    case .exited(let record): self = .ended(ProcessReport(record, in: folder))
    case .unknown(let reason): self = .unknown(reason)
    }
  }
}
