import BelayExpressions
import BelayModel
import Testing

@Suite("identifier() names a table or a database") struct IdentifierTests {
  private func program(_ source: String) throws -> Program {
    try Program(parsing: Expression(source, at: SourceSpan(file: "f.yaml", line: 3, column: 10)))
  }

  private func value(_ name: String) throws -> Value {
    try program("identifier(name)").evaluate(Bindings(["name": .string(name)]))
  }

  @Test("in quotes, whatever is in it")
  func quoted() throws {
    #expect(try value("app") == .string("\"app\""))
    #expect(try value("a\"; drop table t; --") == .string("\"a\"\"; drop table t; --\""))
    #expect(try value(String(repeating: "é", count: 31) + "a").text.utf8.count == 65)
  }

  @Test(
    "what PostgreSQL would read as another name has no value",
    arguments: ["", "a\0b", String(repeating: "é", count: 32)])
  func refused(_ name: String) { #expect(throws: EvaluationError.self) { try value(name) } }

  @Test("alone, or inside something larger")
  func alone() throws {
    #expect(try program("identifier(a + 'b')").isIdentifier)
    #expect(try program("identifier(a)").innerIdentifiers == [])
    let sum = try program("'x' + identifier(a)")
    #expect(!sum.isIdentifier && sum.innerIdentifiers.map(\.column) == [16])
    #expect(try program("identifier(identifier(a))").innerIdentifiers.map(\.column) == [21])
    #expect(try !program("a.identifier").isIdentifier)
  }
}
