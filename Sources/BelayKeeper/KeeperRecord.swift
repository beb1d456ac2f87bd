public import BelayDigest

/// Where and when pids mean something: a boot of a machine, and a pid namespace on it.
public struct ProcessSpace: Hashable, Sendable {
  /// 16 bytes, of /proc/sys/kernel/random/boot_id.
  public var bootID: [UInt8]
  /// Inode of /proc/self/ns/pid.
  public var namespace: UInt64

  public init(bootID: [UInt8], namespace: UInt64) {
    self.bootID = bootID
    self.namespace = namespace
  }
}

/// `A`: accepted, before anything of it starts.
public struct AcceptRecord: Hashable, Sendable {
  public var space: ProcessSpace
  /// Nanoseconds; nil: no limit.
  public var timeout: UInt64?
  public var grace: UInt64
  public var sensitive: Bool
  /// Wall clock, nanoseconds since 1970.
  public var time: UInt64
}

/// `S`: its first process runs.
public struct StartRecord: Hashable, Sendable {
  public var pid: Int32
  /// The session that it leads.
  public var session: Int32
  public var space: ProcessSpace
  /// Nanoseconds since boot right before and right after the start: the kernel's start time of the process lies
  /// between them, so nothing need be read in /proc to know it again.
  public var startedBetween: ClosedRange<UInt64>
  /// Wall clock, nanoseconds since 1970.
  public var time: UInt64

  /// Clock ticks since boot (proc(5), stat, field 22) that can be this process's.
  public var startTicks: ClosedRange<UInt64> {
    startedBetween.lowerBound / nanosecondsPerTick...startedBetween.upperBound / nanosecondsPerTick
  }
}

/// `K`: a signal is about to be sent to everything of the attempt.
public struct SignalRecord: Hashable, Sendable {
  public var signal: Int32
  public var cause: StopCause
  /// Wall clock, nanoseconds since 1970.
  public var time: UInt64
}

/// Why we stopped an attempt.
public enum StopCause: Hashable, Sendable {
  case timeout
  /// The engine asked, and why.
  case asked(String)
}

/// `X`: how it ended.
public struct ExitRecord: Hashable, Sendable {
  public enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32, core: Bool)
    /// It is proven that nothing ran: an error number, and what failed in words.
    case notStarted(Int32, String)
    /// It could not be stopped (another user's, after sudo) and was given up.
    case stillRunning
    /// It has ended, and nobody saw how: the keeper that had started it was killed before.
    case unobserved
  }

  public var ending: Ending
  /// Set when signals were sent: the effect may or may not have happened, whatever the ending says.
  public var stopped: StopCause?
  /// Nanoseconds, monotonic, from before the start to the end of the first process.
  public var duration: UInt64
  public var usage: ResourceUse
  public var stdout: StreamRecord
  public var stderr: StreamRecord
  /// `4711 server`: processes of the attempt that live on.
  public var leftRunning: [String]
  /// `4711 sudo`: processes of the attempt that could not be stopped.
  public var notStopped: [String]
  /// Wall clock of the record, nanoseconds since 1970.
  public var time: UInt64
}

/// Of the first process and the children that it waited for.
public struct ResourceUse: Hashable, Sendable {
  /// Microseconds.
  public var user: UInt64 = 0
  public var system: UInt64 = 0
  /// KiB; the kernel's figure can be as high as the keeper's own, not lower.
  public var peakMemory: UInt64 = 0

  public init() {}
}

/// What is known of one output stream. Everything in it is masked.
public struct StreamRecord: Hashable, Sendable {
  public enum Place: Hashable, Sendable {
    /// Nothing came, or nothing could be kept.
    case nowhere
    case inline([UInt8])
    /// Relative to the run's folder, of so many bytes, with the digest of what is in it.
    case file(String, bytes: UInt64, digest: Digest)
  }

  public enum Missing: UInt8, Hashable, Sendable {
    case sensitive = 1
    case diskNearlyFull, runLimit, writeFailed
    /// The follow-up records of the log are damaged.
    case recordDamaged
    /// Its keeper was killed.
    case unobserved
  }

  /// Of the whole stream.
  public var bytes: UInt64 = 0
  /// Of the whole stream; nil when it is sensitive.
  public var digest: Digest?
  public var place = Place.nowhere
  /// The middle was left out of what is kept, or all of it.
  public var truncated = false
  /// The file is synced: it survives the machine.
  public var durable = false
  /// 200 ms after the end of the first process somebody still held the stream open: what came later is not counted.
  public var heldOpen = false
  /// Why less is kept than the limits allow.
  public var missing: Missing?

  public init() {}

  public var inline: [UInt8]? { if case .inline(let bytes) = place { bytes } else { nil } }
  /// Relative to the run's folder.
  public var file: String? { if case .file(let path, _, _) = place { path } else { nil } }
  public var fileDigest: Digest? { if case .file(_, _, let digest) = place { digest } else { nil } }
}
