internal import BelayModel

// Scopes, frames and what groups have, read from a plan.
extension PlanNodeReader {
  func scopes(_ list: [JSON]) throws(PlanFormatError) -> [PlanScope] {
    var scopes: [PlanScope] = []
    for json in list {
      var fields = try PlanFields(json, "a scope")
      var scope = PlanScope(
        playbook: try fields.string("playbook"), params: try fields.map("params"),
        given: try given(&fields, "given"), vars: try fields.map("vars"))
      scope.caller = try fields.optionalString("caller").map { name throws(PlanFormatError) in
        try index(name, "a scope")
      }
      for member in fields.take("later_vars")?.members ?? [] {
        scope.laterVars.append(
          TemplateTree.Entry(
            key: member.key, keySpan: .nowhere("a scope"), value: try tree(member.value, "a scope")))
      }
      try fields.finish()
      scopes.append(scope)
    }
    return scopes
  }

  private func given(_ fields: inout PlanFields, _ key: String) throws(PlanFormatError) -> [PlanScope.Given] {
    var list: [PlanScope.Given] = []
    for json in fields.take(key)?.array ?? [] {
      var inner = try PlanFields(json, "\(fields.place): \(key)")
      let parameter = try Parameter(decoding: inner.take("parameter") ?? .null, inner.place)
      list.append(
        PlanScope.Given(parameter: parameter, value: try tree(inner.take("value") ?? .null, inner.place)))
      try inner.finish()
    }
    return list
  }

  // MARK: Frames

  func frames(_ list: [JSON]) throws(PlanFormatError) -> [PlanFrame] {
    var frames: [PlanFrame] = []
    for json in list {
      var fields = try PlanFields(json, "a frame")
      var frame = PlanFrame(scope: try fields.int("scope"), parent: try fields.optionalInt("parent"))
      if let parent = frame.parent, !frames.indices.contains(parent) { throw fields.missing("parent") }
      if let item = fields.take("item") { frame.item = try self.item(item) }
      for member in fields.take("names")?.members ?? [] {
        frame.names.append(PlanFrame.Name(id: member.key, target: try target(member.value)))
      }
      try fields.finish()
      frames.append(frame)
    }
    return frames
  }

  private func item(_ json: JSON) throws(PlanFormatError) -> PlanFrame.Item {
    var fields = try PlanFields(json, "an item")
    guard let value = fields.take("value").flatMap(Value.init(exact:)) else { throw fields.missing("value") }
    let item = PlanFrame.Item(name: try fields.string("name"), key: try fields.string("key"), value: value)
    try fields.finish()
    return item
  }

  private func target(_ json: JSON) throws(PlanFormatError) -> PlanFrame.Target {
    if let id = json.string { return .node(try index(id, "a frame")) }
    if let group = json["rounds"]?.string {
      var targets: [PlanFrame.Target] = []
      for round in json["targets"]?.array ?? [] { targets.append(try target(round)) }
      guard !targets.isEmpty else { throw PlanFormatError(message: "'\(group)' has no rounds") }
      return .rounds(of: try index(group, "a frame"), targets)
    }
    guard let members = json["copies"]?.members else {
      throw PlanFormatError(message: "a frame has a name for nothing")
    }
    var copies: [PlanFrame.Copy] = []
    for member in members { copies.append(PlanFrame.Copy(key: member.key, target: try target(member.value))) }
    return .copies(copies)
  }

  // MARK: Groups and bodies

  func group(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanGroup {
    guard let mode = PlanGroup.Mode(rawValue: try fields.string("mode")) else { throw fields.missing("mode") }
    let isRetried = mode == .rounds
    return PlanGroup(
      mode: mode, maxParallel: try fields.optionalInt("max_parallel"), rollback: try rollback(&fields),
      captures: try captures(&fields), claims: try fields.optionalStrings("locks"),
      retry: isRetried ? try retry(&fields) : nil, call: try call(&fields))
  }

  private func call(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanCall? {
    guard let json = fields.take("call") else { return nil }
    var inner = try PlanFields(json, "\(fields.place): call")
    guard let rule = FailureRule(rawValue: try inner.string("on_failure")) else {
      throw inner.missing("on_failure")
    }
    var call = PlanCall(
      scope: try inner.int("scope"), frame: try inner.int("frame"), outputs: try outputs(&inner),
      isCheck: try inner.flag("check"), onFailure: rule)
    call.polling = try inner.take("polling").map { json throws(PlanFormatError) in
      try polling(json, "\(fields.place): polling")
    }
    try inner.finish()
    return call
  }

  private func polling(_ json: JSON, _ place: String) throws(PlanFormatError) -> PlanPolling {
    var fields = try PlanFields(json, place)
    guard let within = try fields.optionalTemplate("within") else { throw fields.missing("within") }
    let every = try fields.optionalTemplate("every")
    try fields.finish()
    return PlanPolling(within: within, every: every)
  }

  func shell(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanShell? {
    guard let json = fields.take("shell") else { return nil }
    var inner = try PlanFields(json, "\(fields.place): shell")
    let shell = PlanShell(
      name: try inner.string("name"), command: try inner.strings("command"), setup: try inner.string("setup"))
    try inner.finish()
    return shell
  }

  func use(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanUse? {
    guard let json = fields.take("use") else { return nil }
    var inner = try PlanFields(json, "\(fields.place): use")
    let use = PlanUse(
      name: try inner.string("name"), params: try given(&inner, "params"), outputs: try outputs(&inner),
      unknownIf: try inner.expressions("unknown_if"), failIf: try inner.expressions("fail_if"),
      expect: try inner.expressions("expect"))
    try inner.finish()
    return use
  }
}

extension Parameter {
  init(decoding json: JSON, _ place: String) throws(PlanFormatError) {
    var fields = try PlanFields(json, place)
    let name = try fields.string("name")
    self.init(
      name: name, span: .nowhere(name), kind: try Kind(decoding: fields.take("type") ?? .null, place))
    required = !(try fields.flag("optional"))
    allowed = (fields.take("enum")?.array ?? []).compactMap(Value.init(exact:))
    pattern = try fields.optionalString("pattern")
    minimum = fields.take("min").flatMap(Value.init(exact:))
    maximum = fields.take("max").flatMap(Value.init(exact:))
    minLength = try fields.optionalInt("min_length")
    maxLength = try fields.optionalInt("max_length")
    try fields.finish()
  }
}

extension Parameter.Kind {
  init(decoding json: JSON, _ place: String) throws(PlanFormatError) {
    if let inner = json["list"] {
      self = .list(of: try Parameter.Kind(decoding: inner, place))
    } else if let list = json["map"]?.array {
      var fields: [Parameter] = []
      for field in list { fields.append(try Parameter(decoding: field, place)) }
      self = .map(fields: fields)
    } else {
      let simple: [Parameter.Kind] = [.string, .integer, .number, .boolean, .duration, .timestamp]
      guard let kind = simple.first(where: { $0.name == json.string }) else {
        throw PlanFormatError(message: "\(place): there is no type \(json.text)")
      }
      self = kind
    }
  }
}
