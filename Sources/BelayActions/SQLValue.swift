internal import BelayExpressions
internal import BelayModel

/// Which values are names.
enum SQLName {
  static func isOne(_ expression: Expression) -> Bool {
    guard expression.source.hasPrefix("identifier"), let program = try? Program(parsing: expression) else {
      return false
    }
    return program.isIdentifier
  }
}

/// A value as PostgreSQL is given it, whatever type the parameter turns out to have.
///
/// - Source: PostgreSQL, "Data Types": the input syntax of arrays, bytea, intervals and timestamps.
enum SQLValue {
  /// In its text format; nil is NULL. A list is an array, a map JSON.
  static func text(_ value: Value) -> String? {
    switch value {
    case .null: nil
    case .list(let items): "{" + items.map(element).joined(separator: ",") + "}"
    case .bytes(let bytes): "\\x" + bytes.map(hexadecimal).joined()
    default: value.text
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private static func element(_ value: Value) -> String {
    if case .list = value { return text(value) ?? "NULL" }
    guard let text = text(value) else { return "NULL" }
    return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  /// For people: as it could stand in the text of SQL.
  static func shown(_ value: Value) -> String {
    switch value {
    case .bool, .int, .uint, .double: return value.text
    default:
      guard let text = text(value) else { return "NULL" }
      return "'" + text.replacing("'", with: "''") + "'"
    }
  }
}

extension SQLStatement {
  /// The text as it is sent, and its parameters below.
  func shown(_ look: (Expression) -> ShownValue) -> String {
    var text = ""
    var values: [String] = []
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .name(let expression): text += look(expression).text
      case .parameter(let expression):
        text += "$\(values.count + 1)"
        let shown = look(expression)
        guard case .known(let value) = shown else {
          values.append("$\(values.count + 1) = \(shown.text)")
          continue
        }
        values.append("$\(values.count + 1) = \(SQLValue.shown(value))")
      }
    }
    let trimmed = text.split(whereSeparator: \.isNewline).map { line in
      String(line.reversed().drop(while: \.isWhitespace).reversed())
    }.filter { !$0.isEmpty }.joined(separator: "\n")
    return values.isEmpty ? trimmed : trimmed + "\nwith " + values.joined(separator: ", ")
  }
}
