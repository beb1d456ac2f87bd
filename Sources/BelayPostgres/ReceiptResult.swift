/// What a receipt keeps of its statements' results, as JSON: what a later attempt answers with.
///
/// A list, one item a statement: `affected`, `row_count`, and where they are few, `columns` (pairs of name and type) and
/// `rows` (texts and nulls).
enum ReceiptResult {
  /// Bytes of values; of more only the numbers are kept.
  private static let limit = 64 << 10

  static func text(of tables: [PostgresTable], withRows: Bool) -> String {
    var room = withRows ? limit : 0
    let items = tables.map { table -> String in
      var members = ["\"affected\":\(table.affected)", "\"row_count\":\(table.rowCount)"]
      let size = table.rows.reduce(0) { $0 + $1.reduce(0) { $0 + ($1?.utf8.count ?? 4) } }
      guard withRows, !table.isCut, size <= room else { return "{\(members.joined(separator: ","))}" }
      room -= size
      let columns = table.columns.map { "[\(quoted($0.name)),\($0.type)]" }
      members.append("\"columns\":[\(columns.joined(separator: ","))]")
      let rows = table.rows.map { row in "[\(row.map { $0.map(quoted) ?? "null" }.joined(separator: ","))]" }
      members.append("\"rows\":[\(rows.joined(separator: ","))]")
      return "{\(members.joined(separator: ","))}"
    }
    return "[\(items.joined(separator: ","))]"
  }

  /// - Source: RFC 8259, section 7. PostgreSQL's texts hold no NUL.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
