/// A process to be started, complete: nothing is taken from the keeper's own surroundings.
public struct SpawnRequest: Hashable, Sendable {
  public var attempt: AttemptID
  /// A first word without a slash is looked up in `PATH` of ``environment``.
  public var arguments: [String]
  /// `NAME=value` each. The keeper adds `BELAY_ATTEMPT=<run>/<attempt>`.
  public var environment: [String]
  /// Absolute.
  public var workingDirectory: String
  /// What the process reads on its standard input; nil: `/dev/null`.
  public var input: [UInt8]?
  /// Nanoseconds of the monotonic clock for the whole attempt; nil: no limit.
  public var timeout: UInt64?
  /// Nanoseconds between TERM and KILL.
  public var grace: UInt64
  public var limits: OutputLimits
  /// Output goes to the engine alone: it is neither written nor digested.
  public var sensitive: Bool

  /// Nanoseconds.
  static let defaultGrace: UInt64 = 10_000_000_000

  public init(
    attempt: AttemptID, arguments: [String], environment: [String], workingDirectory: String,
    input: [UInt8]? = nil, timeout: UInt64? = nil, grace: UInt64? = nil,
    limits: OutputLimits = OutputLimits(), sensitive: Bool = false
  ) {
    self.attempt = attempt
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.input = input
    self.timeout = timeout
    self.grace = grace ?? SpawnRequest.defaultGrace
    self.limits = limits
    self.sensitive = sensitive
  }
}

/// How much is kept of each of the two streams, in bytes.
public struct OutputLimits: Hashable, Sendable {
  /// Up to this much travels in the record and makes no file; at most 4 KiB.
  public var inline: UInt32
  /// From the start of a longer stream.
  public var head: UInt32
  /// From its end.
  public var tail: UInt32

  /// Of the inline part.
  static let largestInline = 4 << 10

  public init(inline: UInt32 = 4 << 10, head: UInt32 = 256 << 10, tail: UInt32 = 768 << 10) {
    self.inline = inline
    self.head = head
    self.tail = tail
  }

  /// A quarter of it from the start, the rest from the end.
  public init(keeping bytes: UInt32) {
    self.init(inline: min(bytes, 4 << 10), head: bytes / 4, tail: bytes - bytes / 4)
  }
}

/// What the engine asks of its keeper. Requests are done in the order in which they were sent.
public enum KeeperRequest: Hashable, Sendable {
  /// Values to be masked in the output of every process that is asked for later; they add to those known.
  case secrets([String])
  case spawn(SpawnRequest)
  /// TERM, grace, KILL, until nothing of the attempt is left. Nothing happens if it has ended. Also of an attempt that a
  /// keeper before this one has started.
  case stop(AttemptID, reason: String)
  /// The engine needs its keeper no more: it leaves when nothing runs.
  case leave
}

/// What the keeper tells.
public enum KeeperEvent: Hashable, Sendable {
  case started(AttemptID, StartRecord)
  case finished(AttemptID, ExitRecord)
  /// Proven not to have started, and not recorded: the log cannot be written.
  case refused(AttemptID, reason: String)
  /// Not started now, because an attempt of this name was before: what became of that one only the log can tell.
  case usedBefore(AttemptID, reason: String)
  /// Nothing was started, and nothing stands in the log: it has no room for how this attempt would end.
  case noSpace(AttemptID, reason: String)
}
