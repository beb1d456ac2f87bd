import BelayModel

// How questions to people and their answers stand in event lines.

extension Inquiry {
  func write(into writer: inout LineWriter) {
    writer.text("subject", subject.text)
    writer.text("message", message)
    writer.objects("requirements", requirements) { requirement, writer in
      writer.list("by", requirement.by)
      writer.int("count", requirement.count)
      writer.list("exclude", requirement.exclude)
      writer.text("assurance", requirement.assurance.rawValue)
    }
    if let expiresAt { writer.time("expires_at", expiresAt) }
  }

  init(_ fields: inout LineFields) throws(EventLineError) {
    let text = try fields.text("subject")
    guard let subject = Subject(text: text) else { throw .malformed("'subject' cannot be '\(text)'") }
    self.init(
      subject: subject, message: try fields.text("message"),
      requirements: try fields.objects("requirements", Requirement.init(fields:)),
      expiresAt: try fields.optionalTime("expires_at"))
  }
}

extension Requirement {
  fileprivate init(fields: inout LineFields) throws(EventLineError) {
    self.init(
      by: try fields.list("by"), count: try fields.int("count"), exclude: try fields.list("exclude"),
      assurance: try fields.word("assurance"))
  }
}

extension Decision {
  func write(into writer: inout LineWriter) {
    writer.int("asked", asked)
    writer.text("decision", word.rawValue)
    writer.text("note", note)
    writer.map("values", values)
    writer.actor("by", by)
    writer.text("person", person)
    writer.ints("meets", meets)
    writer.text("signature", signature)
    writer.map("given", given)
  }

  init(_ fields: inout LineFields) throws(EventLineError) {
    self.init(
      asked: try fields.int("asked"), word: try fields.word("decision"),
      note: try fields.optionalText("note"), values: try fields.map("values"), by: try fields.actor("by"),
      person: try fields.optionalText("person"), meets: try fields.ints("meets"),
      signature: try fields.optionalText("signature"), given: try fields.map("given"))
  }
}
