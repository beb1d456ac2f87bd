import BelayAuthoring
import BelayModel
import Testing

@Suite("Diagnostics for other tools") struct SARIFTests {
  @Test("a log of SARIF 2.1.0: rules, places, notes, and what is about a whole file")
  func log() {
    let key = SourceSpan(file: "playbooks/a b.yaml", line: 3, column: 5, length: 6)
    let first = SourceSpan(file: "playbooks/a b.yaml", line: 2, column: 1, length: 3)
    let file = SourceSpan(file: "/elsewhere/c.yaml", line: 0, column: 0, length: 0)
    let found = [
      Diagnostic(
        code: "unknown-key", "unknown key 'retires'", at: key, help: "did you mean 'retry'?",
        notes: [Diagnostic.Note(message: "the first one", span: first)]),
      Diagnostic(.warning, code: "unreadable", "cannot be read", at: file),
    ]
    #expect(
      SARIF.log(found, version: "1.0").text == """
        {"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"tool":{"driver":\
        {"name":"belay","version":"1.0","rules":[{"id":"unknown-key"},{"id":"unreadable"}]}},\
        "columnKind":"unicodeCodePoints","results":[{"ruleId":"unknown-key","ruleIndex":0,"level":"error",\
        "message":{"text":"unknown key 'retires' – did you mean 'retry'?"},"locations":[{"physicalLocation":\
        {"artifactLocation":{"uri":"playbooks/a%20b.yaml"},"region":{"startLine":3,"startColumn":5,"endColumn":11}}}],\
        "relatedLocations":[{"physicalLocation":{"artifactLocation":{"uri":"playbooks/a%20b.yaml"},"region":\
        {"startLine":2,"startColumn":1,"endColumn":4}},"message":{"text":"the first one"}}]},{"ruleId":"unreadable",\
        "ruleIndex":1,"level":"warning","message":{"text":"cannot be read"},"locations":[{"physicalLocation":\
        {"artifactLocation":{"uri":"file:///elsewhere/c.yaml"}}}]}]}]}
        """)
  }
}
