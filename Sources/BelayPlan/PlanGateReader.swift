internal import BelayModel

// Gates, watches and notices, read from a plan.
extension PlanNodeReader {
  func gate(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanGate {
    PlanGate(
      wait: try wait(&fields), message: try fields.optionalTemplate("message"),
      within: try fields.optionalTemplate("within"))
  }

  private func wait(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanGate.Wait {
    if let list = fields.take("approve") {
      guard let items = list.array, !items.isEmpty else { throw fields.missing("approve") }
      var approvals: [PlanApproval] = []
      for item in items { approvals.append(try approval(item, "\(fields.place): approve")) }
      return .approve(approvals)
    }
    if let json = fields.take("window") { return .window(try window(json, "\(fields.place): window")) }
    if let moment = try fields.expression("until") { return .until(moment) }
    return .wait(try fields.template("wait"))
  }

  func approval(_ json: JSON, _ place: String) throws(PlanFormatError) -> PlanApproval {
    var fields = try PlanFields(json, place)
    let approval = PlanApproval(
      by: try fields.templates("by"), count: try fields.optionalInt("count") ?? 1,
      exclude: try fields.templates("exclude"), assurance: try fields.optionalWord("assurance"))
    guard approval.count > 0 else { throw fields.missing("count") }
    try fields.finish()
    return approval
  }

  private func window(_ json: JSON, _ place: String) throws(PlanFormatError) -> PlanWindow {
    var fields = try PlanFields(json, place)
    let name = try fields.optionalString("name")
    var days: [Window.Day] = []
    for text in try fields.strings("days") {
      guard let day = Window.Day(rawValue: text) else { throw fields.missing("days") }
      days.append(day)
    }
    let window = Window(
      days: days, from: try clock("from", &fields), to: try clock("to", &fields),
      zone: try fields.string("zone"))
    try fields.finish()
    return PlanWindow(name: name, window: window)
  }

  /// Minutes after midnight, of `02:00`.
  private func clock(_ key: String, _ fields: inout PlanFields) throws(PlanFormatError) -> Int {
    let parts = try fields.string(key).split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute), hour < 24 || minute == 0
    else { throw fields.missing(key) }
    return hour * 60 + minute
  }

  func escalation(_ fields: inout PlanFields) throws(PlanFormatError) -> [PlanEscalation] {
    var list: [PlanEscalation] = []
    for json in fields.take("escalate")?.array ?? [] {
      var inner = try PlanFields(json, "\(fields.place): escalate")
      list.append(PlanEscalation(after: try inner.template("after"), to: try inner.templates("to")))
      try inner.finish()
    }
    return list
  }

  // MARK: Watches and notices

  func watches(_ list: [JSON]) throws(PlanFormatError) -> [PlanWatch] {
    var watches: [PlanWatch] = []
    for json in list {
      var fields = try PlanFields(json, "a watch")
      let id = try fields.string("watch")
      let scope = try fields.optionalString("of")
      guard let onFailure: FailureRule = try fields.optionalWord("on_failure") else {
        throw fields.missing("on_failure")
      }
      guard let onUnknown: FailureRule = try fields.optionalWord("on_unknown") else {
        throw fields.missing("on_unknown")
      }
      watches.append(
        PlanWatch(
          id: id, scope: try scope.map { name throws(PlanFormatError) in try index(name, id) },
          frame: try fields.optionalInt("frame") ?? 0, title: try fields.string("title"),
          place: try fields.string("place"), body: try body(fields.take("body"), id),
          tripsAfter: try fields.template("trips_after"), onFailure: onFailure, onUnknown: onUnknown,
          action: try fields.optionalString("action")))
      try fields.finish()
    }
    return watches
  }

  func notices(_ list: [JSON]) throws(PlanFormatError) -> [PlanNotice] {
    var notices: [PlanNotice] = []
    for json in list {
      var fields = try PlanFields(json, "a notice")
      notices.append(
        PlanNotice(
          trigger: try trigger(&fields), to: try fields.templates("to"), place: try fields.string("place"),
          body: try body(fields.take("body"), fields.place), action: try fields.optionalString("action")))
      try fields.finish()
    }
    return notices
  }

  private func trigger(_ fields: inout PlanFields) throws(PlanFormatError) -> PlanNotice.Trigger {
    guard let list = fields.take("events") else { return .every(try fields.template("every")) }
    var events: [Notice.Event] = []
    for text in list.array?.map(\.string) ?? [nil] {
      guard let text, let event = Notice.Event(rawValue: text) else { throw fields.missing("events") }
      events.append(event)
    }
    return .events(events)
  }
}

extension PlanFields {
  /// Empty where the key is absent.
  mutating func templates(_ key: String) throws(PlanFormatError) -> [Template] {
    guard let json = take(key) else { return [] }
    var list: [Template] = []
    for item in json.array ?? [.null] {
      guard let text = item.string else { throw missing(key) }
      list.append(try PlanFields.template(text, at: place))
    }
    return list
  }

  mutating func optionalWord<Word: RawRepresentable>(
    _ key: String
  ) throws(PlanFormatError) -> Word? where Word.RawValue == String {
    guard let text = try optionalString(key) else { return nil }
    guard let word = Word(rawValue: text) else { throw missing(key) }
    return word
  }
}
