public import BelayDigest
public import BelayModel

/// How far a run's chain has come.
public struct Seal: Hashable, Sendable {
  public var run: String
  /// Number of the newest event.
  public var event: Int
  /// Its link.
  public var link: Digest

  public init(run: String, event: Int, link: Digest) {
    self.run = run
    self.event = event
    self.link = link
  }
}

/// What the ledger, one chain a store, says about its runs.
public enum LedgerEntry: Hashable, Sendable {
  /// The first entry, and only the first.
  case storeCreated(store: String)
  /// With a run's first commit.
  case runCreated(Seal)
  /// With every later commit.
  case sealed(Seal)
  /// With the commit that ends a run: succeeded, rolled_back or closed. May come again after a rollback.
  case runEnded(Seal, RunStatus)
  /// The event's line is no longer stored; its digest stands here and still verifies.
  case withheld(run: String, event: Int, line: Digest, note: String, by: Actor)

  public var seal: Seal? {
    switch self {
    case .runCreated(let seal), .sealed(let seal), .runEnded(let seal, _): seal
    case .storeCreated, .withheld: nil
    }
  }
}

/// One entry of the ledger and where it stands.
public struct LedgerLine: Hashable, Sendable {
  /// Of the ledger's entries; a reader refuses a newer one.
  public static let format = 1

  /// From 1.
  public var number: Int
  /// By the store's clock.
  public var at: Timestamp
  public var entry: LedgerEntry

  public init(number: Int, at: Timestamp, entry: LedgerEntry) {
    self.number = number
    self.at = at
    self.entry = entry
  }

  /// The exact line, without a line end.
  public var text: String {
    var writer = LineWriter()
    writer.int("n", number)
    writer.time("at", at)
    switch entry {
    case .storeCreated(let store):
      writer.text("kind", "store_created")
      writer.int("format", LedgerLine.format)
      writer.text("store", store)
    case .runCreated(let seal):
      writer.text("kind", "run_created")
      writer.seal(seal)
    case .sealed(let seal):
      writer.text("kind", "sealed")
      writer.seal(seal)
    case .runEnded(let seal, let status):
      writer.text("kind", "run_ended")
      writer.seal(seal)
      writer.text("status", status.rawValue)
    case .withheld(let run, let event, let line, let note, let actor):
      writer.text("kind", "withheld")
      writer.text("run", run)
      writer.int("event", event)
      writer.text("line_sha256", line.description)
      writer.text("note", note)
      writer.actor("by", actor)
    }
    return writer.line()
  }

  public init(parsing line: String) throws(EventLineError) {
    var fields = try LineFields(parsing: line)
    number = try fields.int("n")
    at = try fields.time("at")
    let kind = try fields.text("kind")
    switch kind {
    case "store_created":
      let format = try fields.int("format")
      guard format <= LedgerLine.format else { throw .newer(format) }
      entry = .storeCreated(store: try fields.text("store"))
    case "run_created": entry = .runCreated(try fields.seal())
    case "sealed": entry = .sealed(try fields.seal())
    case "run_ended": entry = .runEnded(try fields.seal(), try fields.word("status"))
    case "withheld":
      entry = .withheld(
        run: try fields.text("run"), event: try fields.int("event"), line: try fields.digest("line_sha256"),
        note: try fields.text("note"), by: try fields.actor("by"))
    default: throw .unknownType(kind)
    }
    try fields.finish()
  }
}

/// One line of `heads.log`: how far the ledger had come when a run ended, kept outside the database.
public struct LedgerHead: Hashable, Sendable {
  public var at: Timestamp
  public var store: String
  /// Number of the ledger's newest entry.
  public var entry: Int
  public var link: Digest

  public init(at: Timestamp, store: String, entry: Int, link: Digest) {
    self.at = at
    self.store = store
    self.entry = entry
    self.link = link
  }

  public var text: String {
    var writer = LineWriter()
    write(into: &writer)
    return writer.line()
  }

  func write(into writer: inout LineWriter) {
    writer.time("at", at)
    writer.text("store", store)
    writer.int("entry", entry)
    writer.text("link", link.description)
  }

  public init(parsing line: String) throws(EventLineError) {
    var fields = try LineFields(parsing: line)
    try self.init(&fields)
    try fields.finish()
  }

  init(_ fields: inout LineFields) throws(EventLineError) {
    at = try fields.time("at")
    store = try fields.text("store")
    entry = try fields.int("entry")
    link = try fields.digest("link")
  }
}

extension LineWriter {
  fileprivate mutating func seal(_ seal: Seal) {
    text("run", seal.run)
    int("event", seal.event)
    text("link", seal.link.description)
  }
}

extension LineFields {
  fileprivate mutating func seal() throws(EventLineError) -> Seal {
    Seal(run: try text("run"), event: try int("event"), link: try digest("link"))
  }

  fileprivate mutating func digest(_ key: String) throws(EventLineError) -> Digest {
    let text = try text(key)
    guard let digest = Digest(hex: text), digest.description == text else {
      throw .malformed("'\(key)' is not a SHA-256 in lower-case digits")
    }
    return digest
  }
}
