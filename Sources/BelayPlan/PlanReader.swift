internal import BelayModel

extension Plan {
  /// Reads a plan's bytes. A key, word or format that this version does not know is refused: what it would do is
  /// not known either.
  public init(decoding bytes: [UInt8]) throws(PlanFormatError) {
    let document: JSON
    do {
      document = try JSON(parsing: bytes)
    } catch {
      throw PlanFormatError(message: "the plan is no JSON: \(error.message) at byte \(error.offset)")
    }
    var fields = try PlanFields(document, "the plan")
    let format = try fields.int("belay_plan")
    guard format == Plan.format else {
      throw PlanFormatError(message: "the plan has format \(format); this version reads \(Plan.format)")
    }
    run = try fields.string("run")
    playbook = try fields.string("playbook")
    path = try fields.string("path")
    title = try fields.string("title")
    version = try fields.string("version")
    createdAt = try fields.timestamp("created_at")
    project = try fields.string("project")
    environment = try fields.optionalString("environment")
    saved = try fields.take("saved").map { json throws(PlanFormatError) in try Plan.Saved(decoding: json) }
    environmentVars = try fields.map("environment_vars")
    roles = try fields.map("roles")
    isProtected = try fields.flag("protected")
    roster = try fields.take("roster").map { json throws(PlanFormatError) in try Roster(decoding: json) }
    let scopes = try fields.array("scopes")
    let frames = try fields.array("frames")
    secrets = try fields.list("secrets", Plan.SecretReference.init(decoding:))
    claims = try fields.strings("claims")
    expected = try fields.optionalSpan("expected")
    maxParallel = try fields.int("max_parallel")
    guard let rule = FailureRule(rawValue: try fields.string("on_failure")) else {
      throw fields.missing("on_failure")
    }
    onFailure = rule
    searchPath = try fields.string("search_path")
    pass = try fields.strings("pass")
    sources = try fields.list("sources", Plan.SourceFile.init(decoding:))
    programs = try fields.list("programs", Plan.Program.init(decoding:))
    warnings = try fields.strings("warnings")
    let watches = fields.take("watches")?.array ?? []
    let notices = fields.take("notify")?.array ?? []
    var reader = PlanNodeReader(run: run)
    nodes = try reader.nodes(try fields.array("nodes"))
    self.scopes = try reader.scopes(scopes)
    self.frames = try reader.frames(frames)
    self.watches = try reader.watches(watches)
    self.notices = try reader.notices(notices)
    let used = nodes.map(\.frame) + self.watches.map(\.frame)
    guard !self.frames.isEmpty, used.allSatisfy(self.frames.indices.contains),
      self.frames.allSatisfy({ self.scopes.indices.contains($0.scope) })
    else { throw PlanFormatError(message: "a node or frame stands in no scope") }
    try fields.finish()
  }
}

/// The members of one object, each to be taken once; what is left over is unknown.
struct PlanFields {
  private var members: [String: JSON]
  let place: String

  init(_ json: JSON, _ place: String) throws(PlanFormatError) {
    guard let list = json.members else { throw PlanFormatError(message: "\(place) is no object") }
    members = Dictionary(list.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    self.place = place
  }

  mutating func take(_ key: String) -> JSON? { members.removeValue(forKey: key) }

  func finish() throws(PlanFormatError) {
    guard let key = members.keys.min() else { return }
    throw PlanFormatError(message: "\(place) has the key '\(key)', which this version does not know")
  }

  func missing(_ key: String) -> PlanFormatError {
    PlanFormatError(message: "\(place): '\(key)' is missing or of the wrong type")
  }

  mutating func string(_ key: String) throws(PlanFormatError) -> String {
    guard let text = take(key)?.string else { throw missing(key) }
    return text
  }

  mutating func optionalString(_ key: String) throws(PlanFormatError) -> String? {
    guard let json = take(key) else { return nil }
    guard let text = json.string else { throw missing(key) }
    return text
  }

  mutating func int(_ key: String) throws(PlanFormatError) -> Int {
    guard let number = try optionalInt(key) else { throw missing(key) }
    return number
  }

  mutating func optionalInt(_ key: String) throws(PlanFormatError) -> Int? {
    guard let json = take(key) else { return nil }
    guard let number = json.int else { throw missing(key) }
    return Int(number)
  }

  /// False where the key is absent.
  mutating func flag(_ key: String) throws(PlanFormatError) -> Bool {
    guard let json = take(key) else { return false }
    guard let flag = json.bool else { throw missing(key) }
    return flag
  }

  mutating func array(_ key: String) throws(PlanFormatError) -> [JSON] {
    guard let items = take(key)?.array else { throw missing(key) }
    return items
  }

  mutating func strings(_ key: String) throws(PlanFormatError) -> [String] {
    let items = try array(key)
    let texts = items.compactMap(\.string)
    guard texts.count == items.count else { throw missing(key) }
    return texts
  }

  mutating func list<Item>(
    _ key: String, _ read: (JSON) throws(PlanFormatError) -> Item
  ) throws(PlanFormatError) -> [Item] {
    var items: [Item] = []
    for json in try array(key) { items.append(try read(json)) }
    return items
  }

  mutating func map(_ key: String) throws(PlanFormatError) -> ValueMap {
    guard let json = take(key), case .map(let map) = Value(exact: json) else { throw missing(key) }
    return map
  }

  mutating func timestamp(_ key: String) throws(PlanFormatError) -> Timestamp {
    guard let moment = Timestamp(text: try string(key)) else { throw missing(key) }
    return moment
  }

  mutating func optionalSpan(_ key: String) throws(PlanFormatError) -> TimeSpan? {
    guard let text = try optionalString(key) else { return nil }
    guard let span = TimeSpan(text: text) else { throw missing(key) }
    return span
  }

  mutating func template(_ key: String) throws(PlanFormatError) -> Template {
    guard let template = try optionalTemplate(key) else { throw missing(key) }
    return template
  }

  mutating func optionalTemplate(_ key: String) throws(PlanFormatError) -> Template? {
    guard let text = try optionalString(key) else { return nil }
    return try PlanFields.template(text, at: place)
  }

  static func template(_ text: String, at place: String) throws(PlanFormatError) -> Template {
    do {
      return try Template(parsing: text, at: .nowhere(place))
    } catch {
      throw PlanFormatError(message: "\(place): '${{' without its '}}'")
    }
  }

  mutating func expression(_ key: String) throws(PlanFormatError) -> Expression? {
    try optionalString(key).map { Expression($0, at: .nowhere(place)) }
  }

  mutating func expressions(_ key: String) throws(PlanFormatError) -> [Expression] {
    guard members[key] != nil else { return [] }
    return try strings(key).map { Expression($0, at: .nowhere(place)) }
  }
}

extension Plan.SecretReference {
  fileprivate init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "a secret")
    name = try fields.string("name")
    allowShort = try fields.flag("allow_short")
    receipts = try fields.flag("receipts")
    var from = try PlanFields(fields.take("from") ?? .null, "secret \(name)")
    if let variable = try from.optionalString("env") {
      source = .env(variable)
    } else if let path = try from.optionalString("file") {
      source = .file(path)
    } else {
      source = .exec(try from.strings("exec"))
    }
    try from.finish()
    try fields.finish()
  }
}

extension Plan.SourceFile {
  fileprivate init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "a source")
    path = try fields.string("path")
    digest = try fields.string("digest")
    try fields.finish()
  }
}

extension Plan.Program {
  fileprivate init(decoding json: JSON) throws(PlanFormatError) {
    var fields = try PlanFields(json, "a program")
    name = try fields.string("name")
    path = try fields.optionalString("path")
    size = Int64(try fields.int("size"))
    changedAt = Int64(try fields.int("changed_at"))
    try fields.finish()
  }
}
