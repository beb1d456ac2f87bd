public import BelayModel

/// Diagnostics as other tools show them: code hosts, editors, dashboards.
///
/// - Source: SARIF 2.1.0, OASIS. Columns count Unicode code points, as everywhere in Belay.
public enum SARIF {
  public static func log(_ diagnostics: [Diagnostic], version: String) -> JSON {
    let codes = Set(diagnostics.map(\.code)).sorted()
    let rules = codes.map { JSON.object(["id": .string($0)]) }
    let driver = JSON.object([
      "name": .string("belay"), "version": .string(version), "rules": .array(rules),
    ])
    let run = JSON.object([
      "tool": .object(["driver": driver]), "columnKind": .string("unicodeCodePoints"),
      "results": .array(diagnostics.map { result($0, codes) }),
    ])
    return .object([
      "version": .string("2.1.0"), "$schema": .string("https://json.schemastore.org/sarif-2.1.0.json"),
      "runs": .array([run]),
    ])
  }

  private static func result(_ diagnostic: Diagnostic, _ codes: [String]) -> JSON {
    let notes = diagnostic.notes.map { location($0.span, message: $0.message) }
    return .object([
      "ruleId": .string(diagnostic.code),
      "ruleIndex": codes.firstIndex(of: diagnostic.code).map { .int(Int64($0)) },
      "level": .string(diagnostic.severity == .error ? "error" : "warning"),
      "message": text(diagnostic.message + (diagnostic.help.map { " – \($0)" } ?? "")),
      "locations": .array([location(diagnostic.span)]),
      "relatedLocations": notes.isEmpty ? nil : .array(notes),
    ])
  }

  private static func text(_ text: String) -> JSON { .object(["text": .string(text)]) }

  private static func location(_ span: SourceSpan, message: String? = nil) -> JSON {
    let region = JSON.object([
      "startLine": .int(Int64(span.line)), "startColumn": .int(Int64(span.column)),
      "endColumn": .int(Int64(span.column + span.length)),
    ])
    let place = JSON.object([
      "artifactLocation": .object(["uri": .string(uri(span.file))]),
      // What could not be read at all has no line.
      "region": span.line > 0 ? region : nil,
    ])
    return .object(["physicalLocation": place, "message": message.map(text)])
  }

  /// Relative to the project, or absolute for what lies elsewhere.
  ///
  /// - Source: RFC 3986, 3.3: what a path may hold as it is.
  private static func uri(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var text = path.hasPrefix("/") ? "file://" : ""
    for byte in path.utf8 {
      let scalar = Unicode.Scalar(byte)
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~", "/", "@", "+", ",", "=":
        text.unicodeScalars.append(scalar)
      default: text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return text
  }
}
