internal import BelayModel

/// Reads the nodes of a plan; names become indexes, and no name stays unresolved.
struct PlanNodeReader {
  let run: String
  private var indexes: [String: Int] = [:]

  init(run: String) { self.run = run }

  private static let kinds = ["step", "check", "gate", "group"]

  mutating func nodes(_ list: [JSON]) throws(PlanFormatError) -> [PlanNode] {
    for (index, json) in list.enumerated() {
      guard let kind = json.members?.first, PlanNodeReader.kinds.contains(kind.key),
        let id = kind.value.string,
        indexes.updateValue(index, forKey: id) == nil
      else { throw PlanFormatError(message: "node \(index + 1) has no kind, or its id stands twice") }
    }
    var nodes: [PlanNode] = []
    nodes.reserveCapacity(list.count)
    for json in list { nodes.append(try node(json)) }
    return nodes
  }

  func index(_ id: String, _ place: String) throws(PlanFormatError) -> Int {
    guard let index = indexes[id] else {
      throw PlanFormatError(message: "\(place) names '\(id)', which is no node")
    }
    return index
  }

  private func node(_ json: JSON) throws(PlanFormatError) -> PlanNode {
    let kind = json.members?.first?.key ?? ""
    let id = json.members?.first?.value.string ?? ""
    var fields = try PlanFields(json, id)
    _ = fields.take(kind)
    let parent = try fields.optionalString("in")
    var needs: [Int] = []
    for need in try fields.strings("needs") { needs.append(try index(need, id)) }
    let node = PlanNode(
      id: id, role: try role(&fields),
      parent: try parent.map { name throws(PlanFormatError) in
        try index(name, id)
      }, frame: try fields.optionalInt("frame") ?? 0, needs: needs, when: try fields.expression("when"),
      failure: try failure(&fields), sensitive: try fields.flag("sensitive"),
      due: try fields.optionalTemplate("due"), escalation: try escalation(&fields),
      title: try fields.string("title"),
      place: try fields.string("place"), detail: try detail(kind, &fields), preview: try preview(&fields))
    try fields.finish()
    return node
  }

  private func role(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanNode.Role {
    guard let text = try fields.optionalString("role") else { return .main }
    if text == "steady state" { return .steadyState }
    let prefix = "rollback of "
    guard text.hasPrefix(prefix) else { throw fields.missing("role") }
    return .rollback(of: try index(String(text.dropFirst(prefix.count)), fields.place))
  }

  private func failure(_ fields: inout PlanFields) throws(PlanFormatError) -> FailurePolicy {
    var inner = try PlanFields(fields.take("on_failure") ?? .null, "\(fields.place): on_failure")
    guard let rule = FailureRule(rawValue: try inner.string("rule")) else { throw inner.missing("rule") }
    let scope = try inner.optionalString("scope")
    try inner.finish()
    return FailurePolicy(
      rule: rule, scope: try scope.map { name throws(PlanFormatError) in try index(name, fields.place) })
  }

  private func preview(_ fields: inout PlanFields) throws(PlanFormatError) -> Preview {
    var inner = try PlanFields(fields.take("preview") ?? .null, "\(fields.place): preview")
    guard let word = Preview.Word(rawValue: try inner.string("word")) else { throw inner.missing("word") }
    var preview = Preview(
      word: word, reason: try inner.optionalString("reason"), action: try inner.optionalString("action"),
      isRead: try inner.flag("reads"))
    preview.also = try inner.optionalStrings("also")
    preview.expected = try inner.optionalSpan("expected")
    preview.ifItFails = try inner.optionalString("if_it_fails") ?? ""
    try inner.finish()
    return preview
  }

  private func detail(_ kind: String, _ fields: inout PlanFields) throws(PlanFormatError) -> PlanNode.Detail {
    switch kind {
    case "step": return .step(try step(&fields))
    case "check":
      return .check(
        PlanCheck(
          body: try body(fields.take("body"), fields.place),
          tolerate: try fields.optionalInt("tolerate") ?? 0,
          minSamples: try fields.optionalInt("min_samples"), recheck: try fields.flag("recheck")))
    case "gate": return .gate(try gate(&fields))
    default:
      return .group(try group(&fields))
    }
  }

  private func step(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanStep {
    let place = fields.place
    return PlanStep(
      body: try body(fields.take("body"), place),
      verify: try fields.take("verify").map { json throws(PlanFormatError) in
        try body(json, "\(place): verify")
      }, skip: try skip(&fields),
      captures: try captures(&fields), rollback: try rollback(&fields),
      temporary: try fields.flag("temporary"),
      irreversible: try irreversible(&fields), idempotent: try fields.flag("idempotent"),
      interrupt: try fields.flag("interrupt"), retry: try retry(&fields))
  }

  private func skip(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanStep.Skip? {
    guard let json = fields.take("skip_if") else { return nil }
    return json == .string("verified") ? .verified : .body(try body(json, "\(fields.place): skip_if"))
  }

  func rollback(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanStep.Rollback {
    guard let name = try fields.optionalString("rollback") else { return .absent }
    return name == "nothing" ? .nothing : .root(try index(name, fields.place))
  }

  func captures(_ fields: inout PlanFields) throws(PlanFormatError) -> [PlanStep.Capture] {
    var captures: [PlanStep.Capture] = []
    for json in fields.take("capture")?.array ?? [] {
      var inner = try PlanFields(json, "\(fields.place): capture")
      let name = try inner.string("name")
      guard let value = try inner.expression("value") else { throw inner.missing("value") }
      captures.append(
        PlanStep.Capture(name: name, body: try body(inner.take("body"), inner.place), value: value))
      try inner.finish()
    }
    return captures
  }

  func irreversible(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanStep.Irreversible? {
    guard let json = fields.take("irreversible") else { return nil }
    var inner = try PlanFields(json, "\(fields.place): irreversible")
    let irreversible = PlanStep.Irreversible(
      why: try inner.template("why"), recover: try inner.template("recover"),
      when: try inner.expression("when"),
      approval: try approval(inner.take("approve") ?? .null, "\(fields.place): irreversible"))
    try inner.finish()
    return irreversible
  }

  func retry(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanRetry {
    guard let json = fields.take("retry") else { return .once }
    var inner = try PlanFields(json, "\(fields.place): retry")
    guard let backoff = inner.take("backoff").flatMap(PlanNodeReader.number) else {
      throw inner.missing("backoff")
    }
    let retry = PlanRetry(
      attempts: try inner.int("attempts"), delay: try inner.template("delay"), backoff: backoff,
      maxDelay: try inner.template("max_delay"), when: try inner.expression("when"))
    try inner.finish()
    return retry
  }

  private static func number(_ json: JSON) -> Double? {
    if case .double(let number) = json { number } else { json.int.map(Double.init) }
  }

  func body(_ json: JSON?, _ place: String) throws(PlanFormatError) -> PlanBody {
    var fields = try PlanFields(json ?? .null, place)
    let body = PlanBody(
      action: try action(&fields), use: try use(&fields), timeout: try fields.optionalTemplate("timeout"),
      env: try env(&fields), cwd: try fields.optionalTemplate("cwd"), shell: try shell(&fields),
      outputs: try outputs(&fields),
      unknownIf: try fields.expressions("unknown_if"), failIf: try fields.expressions("fail_if"),
      expect: try fields.expressions("expect"), within: try fields.optionalTemplate("within"),
      every: try fields.optionalTemplate("every"), staysFor: try fields.optionalTemplate("stays_for"),
      maxOutput: try fields.optionalInt("max_output"), keep: try fields.optionalTemplate("keep"))
    try fields.finish()
    return body
  }

  private func action(_ fields: inout PlanFields) throws(PlanFormatError) -> ActionSource? {
    guard let json = fields.take("action") else { return nil }
    guard let members = json.members, members.count == 1 else { throw fields.missing("action") }
    return ActionSource(
      keyword: members[0].key, keywordSpan: .nowhere(fields.place),
      fields: try tree(members[0].value, fields.place))
  }

  private func pairs(_ json: JSON, _ place: String) throws(PlanFormatError) -> [TemplateTree.Entry] {
    var entries: [TemplateTree.Entry] = []
    for pair in json["$map"]?.array ?? [] {
      guard let pair = pair.array, pair.count == 2, let key = pair[0].string else {
        throw PlanFormatError(message: "\(place): '$map' is no list of pairs")
      }
      entries.append(TemplateTree.Entry(key: key, keySpan: .nowhere(place), value: try tree(pair[1], place)))
    }
    return entries
  }

  func tree(_ json: JSON, _ place: String) throws(PlanFormatError) -> TemplateTree {
    let span = SourceSpan.nowhere(place)
    switch json {
    case .string(let text): return TemplateTree(.text(try PlanFields.template(text, at: place)), at: span)
    case .array(let items):
      var trees: [TemplateTree] = []
      for item in items { trees.append(try tree(item, place)) }
      return TemplateTree(.list(trees), at: span)
    case .object where json["$map"] != nil: return TemplateTree(.map(try pairs(json, place)), at: span)
    case .object(let members) where members.first?.key.hasPrefix("$") != true:
      var entries: [TemplateTree.Entry] = []
      for member in members {
        entries.append(
          TemplateTree.Entry(key: member.key, keySpan: span, value: try tree(member.value, place)))
      }
      return TemplateTree(.map(entries), at: span)
    default:
      let text = json["$written"]?.string
      guard let value = Value(exact: text == nil ? json : json["value"] ?? .null) else {
        throw PlanFormatError(message: "\(place): no value")
      }
      return TemplateTree(.scalar(value, text: text ?? value.exactJSON.text), at: span)
    }
  }

  private func env(_ fields: inout PlanFields) throws(PlanFormatError) -> [NamedTemplate] {
    var list: [NamedTemplate] = []
    for member in fields.take("env")?.members ?? [] {
      guard let text = member.value.string else { throw fields.missing("env") }
      list.append(
        NamedTemplate(
          name: member.key, nameSpan: .nowhere(fields.place),
          template: try PlanFields.template(text, at: fields.place)))
    }
    return list
  }

  func outputs(_ fields: inout PlanFields) throws(PlanFormatError) -> [NamedExpression] {
    var list: [NamedExpression] = []
    for member in fields.take("outputs")?.members ?? [] {
      guard let text = member.value.string else { throw fields.missing("outputs") }
      list.append(
        NamedExpression(
          name: member.key, nameSpan: .nowhere(fields.place),
          expression: Expression(text, at: .nowhere(fields.place))))
    }
    return list
  }
}

extension PlanRetry {
  /// The default: one attempt.
  public static let once = PlanRetry(
    attempts: 1, delay: Template(literal: "1s", at: .nowhere("default")), backoff: 2,
    maxDelay: Template(literal: "1m", at: .nowhere("default")), when: nil)
}
