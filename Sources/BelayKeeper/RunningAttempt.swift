internal import CSystem
internal import Glibc

/// An attempt that the keeper has started and not yet told the end of.
final class RunningAttempt {
  /// The first nanoseconds of a process. One that lives no longer is read when it has ended: that saves waking up for
  /// each of its pipes, which is most of what a short step costs above its start.
  private static let unwatched: UInt64 = 2_000_000

  let id: AttemptID
  let start: StartRecord
  let sensitive: Bool
  /// Nanoseconds.
  let grace: UInt64
  /// All times are monotonic nanoseconds.
  let startedAt: UInt64
  let deadline: UInt64?
  var outputs: [OpenOutput]
  /// Nil for a sensitive one.
  let live: LiveOutput?
  /// Of the first process.
  var end: ProcessEnd?
  var stop: StopLadder?
  /// What is still open then is not kept any longer.
  var keepUntil: UInt64?

  init(
    _ request: SpawnRequest, start: StartRecord, startedAt: UInt64, outputs: [OpenOutput], live: LiveOutput?
  ) {
    id = request.attempt
    self.live = live
    self.start = start
    sensitive = request.sensitive
    grace = request.grace
    self.startedAt = startedAt
    deadline = request.timeout.map { startedAt.addingReportingOverflow($0) }.flatMap { $1 ? nil : $0 }
    self.outputs = outputs
    watchAt = startedAt + RunningAttempt.unwatched
  }

  /// Its end is settled but for its output.
  var hasEnded: Bool { stop.map(\.isDone) ?? (end != nil) }

  /// When its pipes are to be watched; nil: they are.
  var watchAt: UInt64?

  /// When something must be done for it though nothing happens.
  var wakeAt: UInt64? {
    let next = stop.flatMap { $0.isDone ? nil : $0.nextSweep } ?? (hasEnded ? keepUntil ?? 0 : deadline)
    guard watchAt != nil || live?.writeAt != nil else { return next }
    return min(watchAt ?? .max, live?.writeAt ?? .max, next ?? .max)
  }
}

/// How the first process ended.
struct ProcessEnd: Hashable {
  var status: Int32
  var usage: ResourceUse
  var at: UInt64

  /// By wait(2): the low 7 bits are the signal, the next one says core, the second byte is the exit status.
  var ending: ExitRecord.Ending {
    let signal = status & 0x7F
    return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal, core: status & 0x80 != 0)
  }
}

/// The reading end of one of an attempt's two pipes.
final class OpenOutput {
  private static let widePipe: Int32 = 256 << 10

  let keeper: StreamKeeper
  let tag: UInt64
  /// Nil: it has ended, or what comes is not kept any longer.
  private(set) var file: Descriptor?
  private var isWide = false

  init(_ file: Descriptor, tag: UInt64, keeper: StreamKeeper) {
    self.file = file
    self.tag = tag
    self.keeper = keeper
  }

  /// Reads what is there, at most so many bytes.
  ///
  /// - Returns: true when the stream has ended.
  func read(into buffer: UnsafeMutableRawBufferPointer, limit: Int) -> Bool {
    guard let file else { return true }
    var taken = 0
    while taken < limit {
      let count = Glibc.read(file.number, buffer.baseAddress, buffer.count)
      if count > 0 {
        taken += count
        keeper.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        if count < buffer.count { return false }
        widen(file)
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        return true
      } else if errno == EAGAIN {
        return false
      }
    }
    return false
  }

  /// Who writes much is waited for less often.
  private func widen(_ file: Descriptor) {
    if isWide { return }
    isWide = true
    _ = belay_widen_pipe(file.number, OpenOutput.widePipe)
  }

  /// - Returns: the descriptor, if it was still open.
  func close() -> Descriptor? {
    defer { file = nil }
    return file
  }
}
