internal import BelayModel

// What waits for a person or the clock.
extension Reading {
  func gate(_ fields: inout Fields) -> Gate {
    let entries = Keys.gateKinds.compactMap { fields.take($0) }.sorted { $0.key.start < $1.key.start }
    var gate = Gate(wait: .wait(Template(literal: "1s", at: fields.node.span)))
    if let entry = entries.first, let wait = wait(entry) { gate.wait = wait }
    if entries.count > 1 {
      error(
        "two-gates", "a gate waits for one thing, and this is the second", at: entries[1].key.span,
        help: "write two gates", notes: [Diagnostic.Note(message: "the first one", span: entries[0].key.span)]
      )
    }
    if entries.isEmpty {
      error(
        "missing-gate", "a gate needs what it waits for", at: fields.node.firstKeySpan,
        help: "write approve: { by: [role] }, window: name, until: moment or wait: 5m")
    }
    let message = fields.take("message")
    gate.message = message.flatMap { template($0) }
    gate.within = fields.take("within").flatMap { duration($0) }
    if case .approve = gate.wait, message == nil {
      error(
        "missing-key", "who approves needs a 'message' that says what", at: entries[0].key.span,
        help: "message: \"Deploy ${{ params.version }}?\"")
    }
    return gate
  }

  private func wait(_ entry: YAMLEntry) -> Gate.Wait? {
    switch entry.name {
    case "approve": .approve(approvals(entry))
    case "window": windowSource(entry).map { .window($0) }
    case "until": moment(entry).map { .until($0) }
    default: duration(entry).map { .wait($0) }
    }
  }

  /// A moment is computed; one that is simply written gets the form that CEL has for it.
  private func moment(_ entry: YAMLEntry) -> Expression? {
    let text = entry.value.text ?? ""
    guard Timestamp(text: text) == nil, TimeSpan(text: text) == nil else {
      error(
        "wrong-type", "'until' takes an expression", at: entry.value.span,
        help: Timestamp(text: text) == nil ? "write wait: \(text)" : "write timestamp(\"\(text)\")")
      return nil
    }
    return expression(entry)
  }

  private func approvals(_ entry: YAMLEntry) -> [Approval] {
    guard entry.value.items != nil else { return approval(entry.value).map { [$0] } ?? [] }
    return list(entry).compactMap(approval)
  }

  private func approval(_ node: YAMLNode) -> Approval? {
    guard var fields = Fields(node, of: "approve", help: "approve: { by: [oncall] }", reading: self) else {
      return nil
    }
    let by = fields.required("by", in: "'approve'").map { someTexts($0).compactMap(template) } ?? []
    var approval = Approval(by: by, span: node.firstKeySpan)
    approval.count = fields.take("count").flatMap { scalar($0) { integer($0, in: Limits.approvers) } }
    if let entry = fields.take("exclude") {
      approval.exclude = entry.value.items?.isEmpty == true ? [] : texts(entry).compactMap(template)
    }
    approval.assurance = fields.take("assurance").flatMap {
      scalar($0) { choice($0, Approval.Assurance.self) }
    }
    fields.finish(known: Keys.approval)
    return approval
  }

  private func windowSource(_ entry: YAMLEntry) -> WindowSource? {
    if entry.value.text != nil { return template(entry).map { .named($0) } }
    return window(entry).map { .written($0) }
  }

  func window(_ entry: YAMLEntry) -> Window? {
    let help = "{ days: [sun], from: \"02:00\", to: \"04:00\", zone: UTC }"
    guard var fields = Fields(entry.value, of: entry.name, help: help, reading: self) else { return nil }
    let days = fields.required("days", in: "a window").map(days) ?? []
    let from = fields.required("from", in: "a window").flatMap(timeOfDay)
    let to = fields.required("to", in: "a window").flatMap(timeOfDay)
    let zone = fields.required("zone", in: "a window").flatMap(zone)
    fields.finish(known: Keys.window)
    guard let from, let to, let zone, !days.isEmpty else { return nil }
    return Window(days: days, from: from, to: to, zone: zone)
  }

  private func days(_ entry: YAMLEntry) -> [Window.Day] {
    someTexts(entry).compactMap { node in
      choice(YAMLEntry(key: entry.key, value: node), Window.Day.self)
    }
  }

  /// `02:00`, to `24:00`, in minutes.
  private func timeOfDay(_ entry: YAMLEntry) -> Int? {
    let text = entry.value.text ?? ""
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0...59).contains(minute),
      (0...23).contains(hour) || (hour, minute) == (24, 0)
    {
      return hour * 60 + minute
    }
    error("bad-value", "'\(entry.name)' takes a time of day", at: entry.value.span, help: "write \"02:00\"")
    return nil
  }

  /// IANA's name of a time zone that this machine knows.
  func zone(_ entry: YAMLEntry) -> String? {
    guard let text = text(entry) else { return nil }
    let isName = text.utf8.allSatisfy {
      (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
        || [0x5F, 0x2D, 0x2B, 0x2F].contains($0)
    }
    guard isName, !text.isEmpty, !text.hasPrefix("/"), text == "UTC" || text.contains("/") else {
      error(
        "bad-zone", "'\(text)' is no time zone", at: entry.value.span,
        help: "write UTC or a name such as Europe/Berlin")
      return nil
    }
    guard knowsZone(text) else {
      error(
        "unknown-zone", "this machine does not know the time zone '\(text)'", at: entry.value.span,
        help: "IANA's name, as Europe/Berlin; Debian has them in tzdata")
      return nil
    }
    return text
  }
}
