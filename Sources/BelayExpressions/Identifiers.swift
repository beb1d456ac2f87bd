public import BelayModel

// `identifier(text)`: the name of a table or database in the text of SQL, where no parameter can stand for it.
extension Program {
  /// Whether the whole expression is `identifier(…)`.
  public var isIdentifier: Bool { Program.isIdentifier(syntax) }

  /// Places of `identifier(…)` inside something larger, of whose value its quotes would be a part.
  public var innerIdentifiers: [SourceSpan] {
    syntax.children.flatMap(all).filter(Program.isIdentifier).map {
      Program.span($0.start, $0.length, in: expression)
    }
  }

  private static func isIdentifier(_ node: Syntax) -> Bool {
    if case .call("identifier", target: nil, _) = node.kind { true } else { false }
  }
}

extension Functions {
  /// In quotes, those inside doubled.
  ///
  /// - Source: PostgreSQL, "Identifiers and Key Words": what is longer than 63 bytes is cut off there without an error,
  ///   and then names something else.
  static func identifier(_ value: Value) throws(OperationError) -> Value {
    let name = try text(value, "identifier")
    guard !name.isEmpty else { throw OperationError("identifier() needs a name, this is empty") }
    guard !name.utf8.contains(0) else { throw OperationError("identifier(): no name holds a NUL character") }
    guard name.utf8.count <= 63 else {
      throw OperationError("identifier(): '\(name)' has more than 63 bytes, which would be cut off")
    }
    return .string("\"" + name.replacing("\"", with: "\"\"") + "\"")
  }
}
