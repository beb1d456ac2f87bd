internal import BelayModel

/// The URL of a database. A value that starts it is taken as it is; one inside is percent-encoded.
struct ServerAddress {
  let template: Template

  /// - Parameter schemes: without `://`; the first is written in help.
  init(_ template: Template, schemes: [String], _ fields: inout ActionFields) {
    self.template = template
    fields.add(Placeholder.diagnostics(in: template))
    let units = TextUnits(template)
    guard units[0]?.value == nil else { return }
    let help = "url: \"\(schemes[0])://host/…\", or a secret: \"${{ secrets.… }}\""
    guard let scheme = schemes.first(where: { units.starts(with: $0 + "://", at: 0) }) else {
      fields.report(
        "bad-url",
        "'\(fields.name)' connects to \(schemes.map { $0 + "://" }.joined(separator: " and ")) URLs",
        at: template.span, help: help)
      return
    }
    for index in 0..<units.count {
      guard let scalar = units.scalar(index), scalar.value <= 0x20 || scalar == "#" || scalar.value == 0x7F
      else {
        continue
      }
      fields.report(
        "bad-url", scalar == "#" ? "'#' does not stand in a URL" : "a URL holds no blanks and no line ends",
        at: units.span(index), help: scalar == "#" ? "write %23 for the character" : "write %20 for a blank")
      return
    }
    warnOfPassword(units, from: scheme.unicodeScalars.count + 3, &fields)
  }

  /// `user:password@` with a password that is written.
  private func warnOfPassword(_ units: TextUnits, from start: Int, _ fields: inout ActionFields) {
    var end = start
    while let unit = units[end], unit.value != nil || !["/", "?"].contains(unit.scalar) { end += 1 }
    guard let at = (start..<end).last(where: { units.scalar($0) == "@" }),
      let colon = (start..<at).first(where: { units.scalar($0) == ":" }), colon + 1 < at,
      (colon + 1..<at).allSatisfy({ units.scalar($0) != nil })
    else { return }
    fields.warn(
      "secret-in-file", "who can read this file or a plan of it can read this",
      at: units.span(colon + 1, length: at - colon - 1),
      help: "name the whole URL a secret in the environment file: \"${{ secrets.… }}\"")
  }

  func shown(_ look: (Expression) -> ShownValue) -> String {
    if template.whole != nil { return template.shown(look) }
    return template.segments.enumerated().map { number, segment in
      switch segment {
      case .text(let text): return text
      case .expression(let expression):
        guard number > 0, case .known(let value) = look(expression) else { return look(expression).text }
        return HTTPEncoding.percent(value.text)
      }
    }.joined()
  }
}
