import BelayModel

// Watches, deadlines and notices: what happens beside the nodes.

extension RunEvent {
  func writeBeside(into writer: inout LineWriter) {
    switch self {
    case .watchAnswered(let watch, let answer):
      writer.text("watch", watch)
      writer.text("verdict", answer.verdict.rawValue)
      writer.text("reason", answer.reason)
      writer.map("outputs", answer.outputs)
      if let since = answer.failingSince { writer.moment("failing_since", since) }
      if let since = answer.silentSince { writer.moment("silent_since", since) }
    case .watchTripped(let watch, let trip):
      writer.text("watch", watch)
      writer.text("verdict", trip.verdict.rawValue)
      writer.text("reason", trip.reason)
      writer.text("rule", trip.rule.rawValue)
      writer.list("waits_for", trip.waitsFor)
    case .watchEnded(let watch, let tally):
      writer.text("watch", watch)
      writer.int("passed", tally.passed)
      writer.int("failed", tally.failed)
      writer.int("unknown", tally.unknown)
    case .overdue(let node, let due):
      writer.text("node", node)
      writer.time("due", due)
    case .escalated(let node, let level, let to):
      writer.text("node", node)
      writer.int("level", level)
      writer.list("to", to)
    case .noticeDue(let due):
      writer.int("notice", due.number)
      writer.int("entry", due.notice)
      writer.text("event", due.kind)
      writer.text("node", due.node)
      writer.text("text", due.text)
      writer.list("to", due.to)
    case .noticeEnded(let number, let failure):
      writer.int("notice", number)
      writer.text("failure", failure)
    default: break
    }
  }

  static func beside(_ type: String, _ fields: inout LineFields) throws(EventLineError) -> RunEvent? {
    switch type {
    case "watch_answered":
      .watchAnswered(
        try fields.text("watch"),
        WatchAnswer(
          verdict: try fields.word("verdict"), reason: try fields.text("reason"),
          outputs: try fields.map("outputs"),
          failingSince: try fields.optionalObject("failing_since", Moment.init(fields:)),
          silentSince: try fields.optionalObject("silent_since", Moment.init(fields:))))
    case "watch_tripped":
      .watchTripped(
        try fields.text("watch"),
        WatchTrip(
          verdict: try fields.word("verdict"), reason: try fields.text("reason"),
          rule: try fields.word("rule"),
          waitsFor: try fields.list("waits_for")))
    case "watch_ended":
      .watchEnded(
        try fields.text("watch"),
        WatchTally(
          passed: try fields.int("passed"), failed: try fields.int("failed"),
          unknown: try fields.int("unknown")))
    case "overdue": .overdue(try fields.text("node"), due: try fields.time("due"))
    case "escalated":
      .escalated(try fields.text("node"), level: try fields.int("level"), to: try fields.list("to"))
    case "notice_due":
      .noticeDue(
        NoticeDue(
          number: try fields.int("notice"), notice: try fields.int("entry"), kind: try fields.text("event"),
          node: try fields.optionalText("node"), text: try fields.text("text"), to: try fields.list("to")))
    case "notice_ended":
      .noticeEnded(try fields.int("notice"), failure: try fields.optionalText("failure"))
    default: nil
    }
  }
}
