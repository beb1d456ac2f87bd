internal import BelayModel

// What a statement does, as far as its words say.
extension SQLStatement {
  private var words: [String] { tokens.filter(\.isWord).map(\.text) }

  /// The words with which it begins, in capitals.
  var beginning: String { words.prefix(2).joined(separator: " ").uppercased() }

  /// Why it is no question; nil when it may run in a read-only transaction.
  ///
  /// - Source: PostgreSQL, SET TRANSACTION: what a read-only transaction refuses.
  var change: (why: String, span: SourceSpan)? { change(of: tokens[...]) }

  private func change(of tokens: ArraySlice<Token>) -> (why: String, span: SourceSpan)? {
    guard let first = tokens.first(where: { $0.text != "(" }) else { return nil }
    switch first.text {
    case "values", "table", "show": return nil
    case "select": return selecting(tokens)
    case "with": return selecting(tokens) ?? tableExpression(tokens)
    case "explain": return explaining(tokens)
    default:
      let word = first.text.uppercased()
      let why =
        SQLStatement.changing.contains(first.text)
        ? "\(word) changes something" : "\(word) is not known to change nothing"
      return (why, units.span(first.index, length: first.text.unicodeScalars.count))
    }
  }

  private static let changing: Set<String> = [
    "insert", "update", "delete", "merge", "copy", "create", "alter", "drop", "truncate", "comment", "grant",
    "revoke", "call", "do", "vacuum", "reindex", "cluster", "refresh", "import", "security", "reassign",
  ]

  private static let writing: Set<String> = ["insert", "update", "delete", "merge"]

  /// `SELECT … INTO` makes a table, `SELECT … FOR UPDATE` locks rows.
  private func selecting(_ tokens: ArraySlice<Token>) -> (why: String, span: SourceSpan)? {
    let depth = tokens.first?.depth ?? 0
    for (token, next) in zip(tokens, tokens.dropFirst()) where token.isWord {
      if token.text == "into", token.depth == depth, next.text != "strict" {
        return ("SELECT … INTO makes a table", units.span(token.index, length: 4))
      }
      if token.text == "for", ["update", "share", "no", "key"].contains(next.text), next.isWord {
        return ("SELECT … FOR \(next.text.uppercased()) locks rows", units.span(token.index, length: 3))
      }
    }
    return nil
  }

  /// `WITH x AS (DELETE …)`, and `WITH x AS (…) DELETE …`.
  private func tableExpression(_ tokens: ArraySlice<Token>) -> (why: String, span: SourceSpan)? {
    let list = Array(tokens)
    for (index, token) in list.enumerated().dropFirst()
    where token.isWord && SQLStatement.writing.contains(token.text) {
      let before = list[index - 1].text
      let isInside = before == "(" && index > 1 && ["as", "materialized"].contains(list[index - 2].text)
      guard isInside || before == ")" else { continue }
      return (
        "\(token.text.uppercased()) changes something",
        units.span(token.index, length: token.text.unicodeScalars.count)
      )
    }
    return nil
  }

  /// EXPLAIN ANALYZE runs what it explains.
  private func explaining(_ tokens: ArraySlice<Token>) -> (why: String, span: SourceSpan)? {
    var rest = tokens.drop { $0.text != "explain" }.dropFirst()
    var runs = false
    while let token = rest.first, ["(", "analyze", "analyse", "verbose"].contains(token.text) {
      guard token.text == "(" else {
        runs = runs || token.text != "verbose"
        rest = rest.dropFirst()
        continue
      }
      // Options, or a statement in parentheses.
      if ["select", "with", "values", "table", "("].contains(rest.dropFirst().first?.text) { break }
      let options = rest.dropFirst().prefix { $0.depth > token.depth }
      runs = runs || options.contains { $0.text == "analyze" || $0.text == "analyse" }
      rest = rest.dropFirst(options.count + 2)
    }
    return runs ? change(of: rest) : nil
  }

  /// Words that begin or end a transaction, which is not the statement's to do.
  var transactionWord: String? {
    let first = words.prefix(2)
    switch first.first {
    case "begin", "start", "commit", "end", "abort", "rollback", "savepoint", "release": return beginning
    case "prepare" where first.last == "transaction": return beginning
    case "set" where first.last == "transaction": return beginning
    default: return nil
    }
  }

  /// Whether PostgreSQL refuses it inside a transaction.
  var needsNoTransaction: Bool {
    let words = words
    guard let first = words.first else { return false }
    let second = words.dropFirst().first
    switch first {
    case "vacuum": return true
    case "create", "drop":
      if ["database", "tablespace"].contains(second) { return true }
      return words.prefix(4).contains("index") && words.prefix(4).contains("concurrently")
    case "alter": return second == "system"
    case "reindex":
      return ["database", "system"].contains(second) || words.prefix(3).contains("concurrently")
    default: return false
    }
  }
}
