internal import BelayModel

/// What a person was meant to replace before the command ran: `<PR_NUMBER>`, `CHANGEME`, `${db-instance-name}`.
enum Placeholder {
  /// One mistake for each placeholder of the text, those in `skipped` (offsets in scalars) left out.
  static func diagnostics(in template: Template, skipping skipped: [Range<Int>] = []) -> [Diagnostic] {
    let source = template.source
    let starts = [UInt8(ascii: "<"), UInt8(ascii: "$"), UInt8(ascii: "C")]
    guard source.utf8.contains(where: starts.contains) else { return [] }
    let scalars = Array(source.unicodeScalars)
    var found: [Diagnostic] = []
    var index = 0
    var skipped = skipped[...]
    while index < scalars.count {
      while let first = skipped.first, first.upperBound <= index { skipped = skipped.dropFirst() }
      if let comment = skipped.first, comment.contains(index) {
        index = comment.upperBound
        continue
      }
      guard let length = length(scalars[index...], after: index > 0 ? scalars[index - 1] : nil) else {
        index += 1
        continue
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars[index..<index + length])
      found.append(
        Diagnostic(
          code: "placeholder", "a placeholder is left in this command: \(String(text))",
          at: template.places.place(index, length: length, in: template.span),
          help: "make it a parameter: ${{ params.… }}"))
      index += length
    }
    return found
  }

  private static func length(_ text: ArraySlice<Unicode.Scalar>, after: Unicode.Scalar?) -> Int? {
    switch text.first {
    case "<": angle(text, after: after)
    case "$": expansion(text)
    case "C": isWord(after) ? nil : word(text)
    default: nil
    }
  }

  /// `<PR_NUMBER>`: capitals, and no closing tag of the name follows at once, as in markup.
  private static func angle(_ text: ArraySlice<Unicode.Scalar>, after: Unicode.Scalar?) -> Int? {
    let capitals = text.dropFirst().prefix { isUpper($0) || isDigit($0) || $0 == "_" || $0 == "-" }
    let name = capitals.isEmpty ? smallName(text) : capitals
    guard name.count >= 2, let first = name.first, isUpper(first) || isLower(first), after != "<",
      text.dropFirst(name.count + 1).first == ">"
    else { return nil }
    let closing = ["<", "/"] + Array(name) + [">"]
    var rest = text.dropFirst(name.count + 2)
    while let open = rest.firstIndex(of: "<"), open - text.startIndex < 4096 {
      if rest[open...].starts(with: closing) { return nil }
      rest = rest[(open + 1)...]
    }
    return name.count + 2
  }

  /// `<pod-name>`: several words, and a blank, a quote or nothing after it. Bash would read a file `pod-name` and write
  /// to the next word; who means that writes `<pod-name >file`.
  private static func smallName(_ text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
    let name = text.dropFirst().prefix { isLower($0) || isDigit($0) || $0 == "_" || $0 == "-" }
    let words = name.split(omittingEmptySubsequences: false) { $0 == "_" || $0 == "-" }
    let next = text.dropFirst(name.count + 2).first
    let ends = next.map { $0.properties.isWhitespace || "\"')],;".unicodeScalars.contains($0) } ?? true
    return words.count >= 2 && !words.contains(where: \.isEmpty) && ends ? name : []
  }

  /// Lower case with two hyphens or more; bash's own `${VAR-default}` has one.
  private static func expansion(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
    guard text.dropFirst().first == "{" else { return nil }
    let name = text.dropFirst(2).prefix { isLower($0) || isDigit($0) || $0 == "-" }
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, !parts.contains(where: \.isEmpty), let first = name.first, isLower(first),
      text.dropFirst(name.count + 2).first == "}"
    else { return nil }
    return name.count + 3
  }

  private static func word(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
    for word in ["CHANGEME", "CHANGE_ME", "CHANGE-ME"] {
      let length = word.unicodeScalars.count
      guard text.starts(with: word.unicodeScalars), !isWord(text.dropFirst(length).first) else { continue }
      return length
    }
    return nil
  }

  private static func isUpper(_ scalar: Unicode.Scalar) -> Bool { ("A"..."Z").contains(scalar) }
  private static func isLower(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) }
  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return false }
    return isUpper(scalar) || isLower(scalar) || isDigit(scalar) || scalar == "_"
  }
}
