internal import BelayModel

// What has to hold meanwhile, and who is told.
extension Reading {
  func watches(_ entry: YAMLEntry) -> [Watch] { list(entry).compactMap(watch) }

  private func watch(_ item: YAMLNode) -> Watch? {
    guard var fields = Fields(item, of: "a watch", help: "- check: name", reading: self) else { return nil }
    guard let entry = fields.required("check", in: "a watch") else { return nil }
    let id = identifier(entry.value, "'check'")
    let body = body(&fields, polls: true)
    if !body.hasAction {
      error(
        "missing-action", "a watch needs an action", at: fields.node.firstKeySpan,
        help: "write 'http: …' or 'uses: …'")
    }
    refusePlaybook(body, in: "a watch", help: "write its checks as watches")
    if let within = body.polling.within {
      error(
        "misplaced-key", "a watch asks for as long as its scope lives", at: within.span,
        help: "leave 'within' out; 'trips_after' says how long it may fail")
    }
    var watch = Watch(id: id ?? entry.value.text ?? "", span: entry.value.span, body: body)
    watch.title = fields.take("title").flatMap { template($0) }
    watch.tripsAfter = fields.take("trips_after").flatMap { duration($0, allowsZero: true) }
    watch.onFailure = fields.take("on_failure").flatMap { failureRule($0) }
    watch.onUnknown = fields.take("on_unknown").flatMap { failureRule($0) }
    fields.finish(
      known: keywords + Keys.body + Keys.polling + Keys.watch, elsewhere: Keys.elsewhereOnWatch)
    return watch
  }

  func notices(_ entry: YAMLEntry) -> [Notice] { list(entry).compactMap(notice) }

  private func notice(_ item: YAMLNode) -> Notice? {
    let help = "- { events: [failed], uses: slack.post, with: { … } }"
    guard var fields = Fields(item, of: "notify", help: help, reading: self) else { return nil }
    let trigger = trigger(&fields)
    let to = fields.take("to").map { texts($0).compactMap(template) } ?? []
    let uses = fields.required("uses", in: "'notify'")
    let with = fields.take("with")
    let action = uses.flatMap { call($0, with) }
    fields.finish(known: Keys.notice, elsewhere: Keys.elsewhereOnNotice)
    guard let trigger, let action else { return nil }
    return Notice(trigger: trigger, to: to, action: action, span: fields.node.firstKeySpan)
  }

  private func trigger(_ fields: inout Fields) -> Notice.Trigger? {
    let events = fields.take("events")
    let every = fields.take("every")
    if let events, every == nil {
      return .events(
        someTexts(events).compactMap { choice(YAMLEntry(key: events.key, value: $0), Notice.Event.self) })
    }
    if let every, events == nil { return duration(every).map { .every($0) } }
    error(
      "bad-value", "'notify' takes either 'events' or 'every'",
      at: every?.key.span ?? fields.node.firstKeySpan, help: "events: [failed] or every: 30m")
    return nil
  }
}
