internal import BelayModel

// The fields of `http` as a map.
extension HTTPAction {
  private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  static let mostRedirects = 20

  mutating func read(_ fields: inout ActionFields, _ url: Template?) {
    if let url {
      let found = Placeholder.diagnostics(in: url)
      fields.add(found)
      if found.isEmpty, let mistake = address.mistake { fields.add([mistake]) }
    }
    if let written = fields.text("method") { readMethod(written, &fields) }
    query = pairs("query", &fields)
    readHeaders(&fields)
    readContent(&fields)
    readCredentials(&fields)
    follow = fields.scalar(
      "follow", takes: "true, false or how many redirects, 0 to \(HTTPAction.mostRedirects)"
    ) {
      switch $0 {
      case .bool(let flag): flag ? 10 : 0
      case .int(let count): (0...Int64(HTTPAction.mostRedirects)).contains(count) ? Int(count) : nil
      default: nil
      }
    }
    readTrust(&fields)
    fields.finish(HTTPAction.table.keys.names)
  }

  /// - Source: RFC 9110, sections 5.6.2 and 9: a token, and methods are told apart by their case.
  private mutating func readMethod(_ written: Template, _ fields: inout ActionFields) {
    method = written
    hasMethod = true
    guard let literal = written.literal, !HTTPAction.methods.contains(literal) else { return }
    let help: String
    if HTTPAction.methods.contains(literal.uppercased()) {
      help = "write \(literal.uppercased())"
    } else if let nearest = Suggestion.nearest(to: literal, in: HTTPAction.methods) {
      help = "did you mean '\(nearest)'?"
    } else if ["CONNECT", "TRACE"].contains(literal)
      || !literal.utf8.allSatisfy({ (0x41...0x5A).contains($0) })
    {
      help = "write one of " + HTTPAction.methods.joined(separator: ", ")
    } else if literal.isEmpty {
      help = "write GET, or leave it out"
    } else {
      return
    }
    fields.report("bad-value", "'\(literal)' is no method to ask with", at: written.span, help: help)
  }

  /// Names to a text or a list of texts.
  private func pairs(_ key: String, _ fields: inout ActionFields) -> [HTTPPair] {
    let found = fields.inner(key, help: "\(key): { name: value }") { inner -> [HTTPPair] in
      inner.entries.compactMap { entry in
        guard case .list(let items) = entry.value.content else {
          return inner.text(entry, "a text, or a list of texts").map {
            HTTPPair(name: entry.key, values: [$0])
          }
        }
        let texts = items.compactMap { item in
          inner.text(TemplateTree.Entry(key: entry.key, keySpan: entry.keySpan, value: item))
        }
        return HTTPPair(name: entry.key, values: texts)
      }
    }
    return found ?? []
  }

  private mutating func readHeaders(_ fields: inout ActionFields) {
    var names: Set<String> = []
    for (entry, text) in fields.texts("headers", help: "headers: { accept: text/plain }") {
      let name = entry.key.lowercased()
      if !name.unicodeScalars.allSatisfy(HTTPAction.isOfToken) || name.isEmpty {
        fields.report("bad-value", "'\(entry.key)' is no name of a header", at: entry.keySpan)
      } else if ["content-length", "transfer-encoding", "connection"].contains(name) {
        fields.report(
          "bad-value", "'\(entry.key)' is set by belay itself", at: entry.keySpan, help: "leave it out")
      } else if !names.insert(name).inserted {
        fields.report("duplicate-name", "'\(entry.key)' stands here twice", at: entry.keySpan)
      }
      if text.source.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
        fields.report(
          "bad-value", "a header is one line", at: text.span, help: "what has several lines is a 'body'")
      }
      if name == "authorization", !text.source.isEmpty, text.literal != nil { warn(text, &fields) }
      headers.append((name: entry.key, text: text))
    }
  }

  private mutating func readContent(_ fields: inout ActionFields) {
    let given = fields.entries.filter { HTTPAction.bodies.contains($0.key) }
    if given.count > 1 {
      fields.report(
        "contradiction", "a request has one body: '\(given[0].key)' stands here as well",
        at: given[1].keySpan,
        help: "leave one of 'json', 'form' and 'body' out")
    }
    if let first = given.first, let literal = method.literal, ["GET", "HEAD"].contains(literal) {
      fields.report(
        "contradiction", "\(hasMethod ? "a \(literal)" : "this is a GET, and it") carries no body",
        at: first.keySpan,
        help: hasMethod ? "write it into 'query', or use another method" : "write method: POST")
    }
    if let entry = fields.take("json") {
      content = .json(entry.value)
      warnOfLostDigits(entry.value, &fields)
    }
    if fields.entries.contains(where: { $0.key == "form" }) { content = .form(pairs("form", &fields)) }
    if let text = fields.text("body") { content = .text(text) }
  }

  /// `version: 1.10` is sent as the number 1.1.
  private func warnOfLostDigits(_ tree: TemplateTree, _ fields: inout ActionFields) {
    switch tree.content {
    case .scalar(.double(let number), let text) where text.hasSuffix("0") && "\(number)" != text:
      fields.warn(
        "number-loses-digits", "'\(text)' is the number \(number) here", at: tree.span,
        help: "write it in quotes if it is a text: \"\(text)\"")
    case .list(let items): for item in items { warnOfLostDigits(item, &fields) }
    case .map(let entries): for entry in entries { warnOfLostDigits(entry.value, &fields) }
    case .scalar, .text: break
    }
  }

  private mutating func readCredentials(_ fields: inout ActionFields) {
    guard let place = fields.entries.first(where: { $0.key == "auth" })?.keySpan else { return }
    let help = "auth: { bearer: \"${{ secrets.token }}\" }"
    credentials = fields.inner("auth", help: help) { inner -> Credentials? in
      let bearer = inner.text("bearer")
      let basic = inner.inner("basic", help: "basic: { user: …, password: … }") { basic -> Credentials? in
        let user = basic.required("user", help: "user: ada").flatMap { basic.text($0) }
        let password = basic.required("password", help: "password: \"${{ secrets.… }}\"").flatMap {
          basic.text($0)
        }
        basic.finish(HTTPAction.basicKeys.names)
        guard let user, let password else { return nil }
        if password.literal != nil { HTTPAction.warn(password, &basic) }
        return .basic(user: user, password: password)
      }
      inner.finish(HTTPAction.authKeys.names)
      if let bearer, bearer.literal != nil { HTTPAction.warn(bearer, &inner) }
      guard let bearer else {
        if basic == nil, !inner.hasErrors {
          inner.report("missing-key", "'auth' needs 'bearer' or 'basic'", at: inner.span, help: help)
        }
        return basic
      }
      if let basic {
        inner.report("contradiction", "'auth' takes either 'bearer' or 'basic'", at: inner.span)
        return basic
      }
      return .bearer(bearer)
    }
    if headers.contains(where: { $0.name.lowercased() == "authorization" }) {
      fields.report(
        "contradiction", "'headers' hold 'authorization' already", at: place, help: "leave one of both out")
    }
  }

  private mutating func readTrust(_ fields: inout ActionFields) {
    guard let place = fields.entries.first(where: { $0.key == "tls" })?.keySpan else { return }
    trust = fields.inner("tls", help: "tls: { ca: certs/ca.pem }") { inner -> Trust? in
      var trust = Trust()
      let verifyPlace = inner.entries.first { $0.key == "verify" }?.keySpan
      trust.authorities = inner.text("ca")
      trust.certificate = inner.text("cert")
      trust.key = inner.text("key")
      trust.verify = inner.bool("verify")
      inner.finish(HTTPAction.trustKeys.names)
      if let key = trust.key, trust.certificate == nil {
        inner.report("missing-key", "'key' belongs to a 'cert'", at: key.span, help: "cert: client.pem")
      }
      if trust.verify == .value(false), trust.authorities != nil, let verifyPlace {
        inner.report(
          "contradiction", "'ca' says what to trust, and 'verify: false' trusts everything", at: verifyPlace,
          help: "leave one of both out")
      }
      return trust
    }
    if address.scheme == "http" {
      fields.report(
        "contradiction", "http:// has no TLS", at: place, help: "write https://, or leave 'tls' out")
    }
  }

  private static func isOfToken(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    default: "!#$%&'*+-.^_`|~".unicodeScalars.contains(scalar)
    }
  }

  private func warn(_ text: Template, _ fields: inout ActionFields) { HTTPAction.warn(text, &fields) }

  private static func warn(_ text: Template, _ fields: inout ActionFields) {
    fields.warn(
      "secret-in-file", "who can read this file or a plan of it can read this", at: text.span,
      help: "name a secret in the environment file: \"${{ secrets.… }}\"")
  }
}
