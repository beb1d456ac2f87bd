public import BelayModel

// As somebody can read it out, and then as it will be sent.
extension HTTPAction {
  public func preview(_ look: (Expression) -> ShownValue) -> String {
    var first = "\(method.shown(look)) \(shownURL(look))"
    if let content { first += " with \(summary(content, look))" }
    return ([first] + shownHeaders(look) + shownContent(look) + shownTransport(look)).joined(separator: "\n")
  }

  func shownURL(_ look: (Expression) -> ShownValue) -> String {
    do {
      var text = try address.text { expression throws(StepFailure) in look(expression) }
      var separator = text.contains("?") ? "&" : "?"
      for pair in query {
        for one in try pair.texts({ expression throws(StepFailure) in look(expression) }) {
          text += separator + one
          separator = "&"
        }
      }
      return text
    } catch {
      return "(fails: \(error.message))"
    }
  }

  private func summary(_ content: Content, _ look: (Expression) -> ShownValue) -> String {
    switch content {
    case .json(let tree):
      switch tree.shownJSON(look) {
      case .object(let members): return "a JSON body of \(counted(members.count, "field"))"
      case .array(let items): return "a JSON list of \(counted(items.count, "item"))"
      default: return "a JSON body"
      }
    case .form(let pairs): return "a form of \(counted(pairs.count, "field"))"
    case .text: return "a body of text"
    }
  }

  private func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }

  private func shownHeaders(_ look: (Expression) -> ShownValue) -> [String] {
    var lines = headers.map { "\($0.name): \($0.text.shown(look))" }
    switch credentials {
    case .bearer(let token): lines.append("as the bearer of \(token.shown(look))")
    case .basic(let user, let password):
      lines.append("as \(user.shown(look)) with the password \(password.shown(look))")
    case nil: break
    }
    return lines
  }

  private func shownContent(_ look: (Expression) -> ShownValue) -> [String] {
    switch content {
    case .json(let tree): return [tree.shownJSON(look).text]
    case .form(let pairs):
      let texts = try? pairs.flatMap { pair in
        try pair.texts { expression throws(StepFailure) in look(expression) }
      }
      return [texts?.joined(separator: "&") ?? "(fails)"]
    case .text(let text): return [text.shown(look)]
    case nil: return []
    }
  }

  private func shownTransport(_ look: (Expression) -> ShownValue) -> [String] {
    var words: [String] = []
    switch follow {
    case .value(let count): if count > 0 { words.append("follows up to \(counted(count, "redirect"))") }
    case .bound(let template): words.append("follows redirects: \(template.shown(look))")
    case nil: break
    }
    if let file = trust?.authorities { words.append("trusts \(file.shown(look)) only") }
    if let file = trust?.certificate { words.append("with the certificate \(file.shown(look))") }
    switch trust?.verify {
    case .value(false): words.append("TAKES ANY CERTIFICATE")
    case .bound(let template): words.append("verifies certificates: \(template.shown(look))")
    case .value(true), nil: break
    }
    return words.isEmpty ? [] : [words.joined(separator: " · ")]
  }
}

extension TemplateTree {
  /// As JSON: a value that is bound alone keeps its type, one inside a text becomes text.
  func shownJSON(_ look: (Expression) -> ShownValue) -> JSON {
    switch content {
    case .scalar(let value, _): return value.plainJSON
    case .text(let template):
      if let whole = template.whole, case .known(let value) = look(whole) { return value.plainJSON }
      return .string(template.shown(look))
    case .list(let items): return .array(items.map { $0.shownJSON(look) })
    case .map(let entries): return .object(entries.map { JSON.Member($0.key, $0.value.shownJSON(look)) })
    }
  }
}
