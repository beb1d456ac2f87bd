public import BelayModel

// The request as it is sent.
extension HTTPAction {
  public func request(_ context: borrowing some ActionContext) throws(StepFailure) -> EffectRequest {
    let context = copy context
    let method = try boundMethod(context)
    var request = HTTPRequest(method: method, url: try boundURL(context))
    request.query = try pairs(query, context)
    for header in headers {
      request.headers.append(
        HTTPRequest.Header(name: header.name, value: try oneLine(header.text, header.name, context)))
    }
    try addContent(to: &request, context)
    request.credentials = try boundCredentials(context)
    request.redirects = try redirects(context)
    request.trust.authorities = try context.path(trust?.authorities)
    request.trust.certificate = try context.path(trust?.certificate)
    request.trust.key = try context.path(trust?.key)
    request.trust.verify = try context.flag(trust?.verify, true)
    if let key = context.idempotencyKey, !["GET", "HEAD", "OPTIONS"].contains(method) {
      request.add(HTTPRequest.keyHeader, key)
    }
    return .http(request)
  }

  private func boundMethod(_ context: some ActionContext) throws(StepFailure) -> String {
    let method = try context.plainText(method)
    let isToken = !method.isEmpty && method.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x2D }
    guard isToken, !["CONNECT", "TRACE"].contains(method) else {
      throw StepFailure(kind: "expression", message: "'\(method)' is no method to ask with")
    }
    guard content == nil || !["GET", "HEAD"].contains(method) else {
      throw StepFailure(kind: "expression", message: "a \(method) carries no body")
    }
    return method
  }

  private func boundURL(_ context: some ActionContext) throws(StepFailure) -> BoundText {
    if address.template.whole != nil {
      let bound = try context.bind(address.template)
      if case .secret? = bound.parts.first { return bound }
    }
    return BoundText(
      try address.text { expression throws(StepFailure) in .known(try context.evaluate(expression)) })
  }

  private func pairs(_ pairs: [HTTPPair], _ context: some ActionContext) throws(StepFailure) -> String {
    var texts: [String] = []
    for pair in pairs {
      texts += try pair.texts { expression throws(StepFailure) in .known(try context.evaluate(expression)) }
    }
    return texts.joined(separator: "&")
  }

  private func bound(
    _ form: [HTTPPair], _ context: some ActionContext
  ) throws(StepFailure) -> BoundText {
    var parts: [BoundText.Part] = []
    for pair in form {
      for value in pair.values {
        let bound = try context.bind(value)
        let texts: [[BoundText.Part]] =
          bound.holdsSecret
          ? [[.text(HTTPEncoding.percent(pair.name) + "=")] + bound.parts.map(HTTPEncoding.percent)]
          : try HTTPPair(name: pair.name, values: [value]).texts { expression throws(StepFailure) in
            .known(try context.evaluate(expression))
          }.map { [.text($0)] }
        for text in texts { parts += (parts.isEmpty ? [] : [.text("&")]) + text }
      }
    }
    return BoundText(parts)
  }

  /// A line end in a header would begin another one.
  private func oneLine(
    _ template: Template, _ name: String, _ context: some ActionContext
  ) throws(StepFailure) -> BoundText {
    let bound = try context.bind(template)
    for case .text(let text) in bound.parts
    where text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
      throw StepFailure(kind: "expression", message: "the value for '\(name)' is more than one line")
    }
    return bound
  }

  private func addContent(
    to request: inout HTTPRequest, _ context: some ActionContext
  ) throws(StepFailure) {
    switch content {
    case nil: return
    case .json(let tree):
      request.body = try tree.boundJSON(context)
      request.add("Content-Type", "application/json")
    case .form(let form):
      request.body = try bound(form, context)
      request.add("Content-Type", "application/x-www-form-urlencoded")
    case .text(let text):
      request.body = BoundText(try context.plainText(text))
      request.add("Content-Type", "text/plain; charset=utf-8")
    }
  }

  private func boundCredentials(_ context: some ActionContext) throws(StepFailure) -> HTTPRequest.Credentials?
  {
    switch credentials {
    case nil: return nil
    case .bearer(let token): return .bearer(try oneLine(token, "auth", context))
    case .basic(let user, let password):
      return .basic(
        user: try oneLine(user, "auth", context), password: try oneLine(password, "auth", context))
    }
  }

  private func redirects(_ context: some ActionContext) throws(StepFailure) -> Int {
    switch follow {
    case nil: return 0
    case .value(let count): return count
    case .bound(let template):
      switch try template.whole.map({ expression throws(StepFailure) in try context.evaluate(expression) }) {
      case .bool(let flag): return flag ? 10 : 0
      case .int(let count) where (0...20).contains(count): return Int(count)
      default:
        throw StepFailure(
          kind: "expression", message: "'\(template.source)' is neither true, false nor 0 to 20")
      }
    }
  }
}

extension HTTPRequest {
  /// Unless the author has written one.
  fileprivate mutating func add(_ name: String, _ value: String) {
    guard !headers.contains(where: { $0.name.lowercased() == name.lowercased() }) else { return }
    headers.append(Header(name: name, value: BoundText(value)))
  }
}

extension TemplateTree {
  /// A value that is bound alone keeps its type, one inside a text becomes text; a secret is a text.
  func boundJSON(_ context: some ActionContext) throws(StepFailure) -> BoundText {
    switch content {
    case .scalar(let value, _): return BoundText(value.plainJSON.text)
    case .text(let template):
      let bound = try context.bind(template)
      if bound.holdsSecret {
        return BoundText([.text("\"")] + bound.parts.map(\.inJSON) + [.text("\"")])
      }
      if let whole = template.whole { return BoundText(try context.evaluate(whole).plainJSON.text) }
      return BoundText(JSON.string(try context.plainText(template)).text)
    case .list(let items):
      var bound: [BoundText] = []
      for item in items { bound.append(try item.boundJSON(context)) }
      return BoundText(joining: bound, between: "[", "]")
    case .map(let entries):
      var bound: [BoundText] = []
      for entry in entries {
        let value = try entry.value.boundJSON(context)
        bound.append(BoundText([.text(JSON.string(entry.key).text + ":")] + value.parts))
      }
      return BoundText(joining: bound, between: "{", "}")
    }
  }
}

extension BoundText {
  fileprivate init(joining items: [BoundText], between start: String, _ end: String) {
    var parts: [Part] = [.text(start)]
    for (number, item) in items.enumerated() {
      if number > 0 { parts.append(.text(",")) }
      parts += item.parts
    }
    self.init(parts + [.text(end)])
  }
}

extension BoundText.Part {
  /// Between the quotes of a JSON string.
  fileprivate var inJSON: BoundText.Part {
    switch self {
    case .text(let text): .text(String(JSON.string(text).text.dropFirst().dropLast()))
    case .secret(let name), .quotedSecret(let name), .jsonSecret(let name), .percentSecret(let name):
      .jsonSecret(name: name)
    }
  }
}

extension HTTPEncoding {
  fileprivate static func percent(_ part: BoundText.Part) -> BoundText.Part {
    switch part {
    case .text(let text): .text(percent(text))
    case .secret(let name), .quotedSecret(let name), .jsonSecret(let name), .percentSecret(let name):
      .percentSecret(name: name)
    }
  }
}
