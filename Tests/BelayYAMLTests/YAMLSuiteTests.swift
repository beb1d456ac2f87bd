import BelayActions
import BelayModel
import Glibc
import TestFiles
import Testing

@testable import BelayYAML

/// The cases of yaml-test-suite, where `YAML_SUITE` names a file with them: one JSON object a line with `id`, `yaml`,
/// `fail` (it must be refused) and, where one is given, `json`, what it means.
@Suite(
  "YAML as yaml-test-suite has it",
  .enabled(if: getenv("YAML_SUITE") != nil, "YAML_SUITE names the file of its cases")) struct YAMLSuiteTests
{
  struct Case {
    var id: String
    var yaml: [UInt8]
    var mustFail: Bool
    var meaning: String?
  }

  enum Verdict: Hashable {
    case asItSays
    /// A playbook is one document of text keys and core tags: valid YAML, and refused by the language.
    case byTheLanguage(String)
    case wronglyAccepted
    case wronglyRefused(String)
    case otherMeaning(String)
  }

  /// What is refused although YAML allows it.
  static let ofTheLanguage: Set<String> = [
    "several-documents", "unknown-tag", "wrong-tag", "non-string-key", "duplicate-key", "empty",
    "line-separator",
    "control-character", "nul",
  ]

  static let cases: [Case] = {
    let path = getenv("YAML_SUITE").map { String(cString: $0) } ?? ""
    let lines = (Files.bytes(path) ?? []).split(separator: 0x0A)
    return lines.compactMap { line in
      guard let json = try? JSON(parsing: Array(line)), let id = json["id"]?.string,
        let yaml = json["yaml"]?.string
      else { return nil }
      return Case(
        id: id, yaml: Array(yaml.utf8), mustFail: json["fail"] == .bool(true), meaning: json["json"]?.string)
    }
  }()

  static func verdict(_ test: Case) -> Verdict {
    let source = SourceText(path: test.id, bytes: test.yaml)
    let reading = Reading(source: source, actions: builtInActions)
    let root = Document.root(of: source, reading)
    let errors = reading.sorted.filter { $0.severity == .error }
    let yamls = errors.filter { !ofTheLanguage.contains($0.code) }
    if test.mustFail {
      if let first = errors.first, yamls.isEmpty { return .byTheLanguage(first.code) }
      return errors.isEmpty ? .wronglyAccepted : .asItSays
    }
    if let first = yamls.first { return .wronglyRefused("\(first.code): \(first.message)") }
    if let first = errors.first { return .byTheLanguage(first.code) }
    guard let root, let meaning = test.meaning, let expected = try? JSON(parsing: Array(meaning.utf8)) else {
      return .asItSays
    }
    let found = reading.value(root).plainJSON
    return same(found, expected) ? .asItSays : .otherMeaning("\(found.text) for \(expected.text)")
  }

  /// Numbers by value, maps without order.
  static func same(_ left: JSON, _ right: JSON) -> Bool {
    switch (left, right) {
    case (.int(let a), .double(let b)), (.double(let b), .int(let a)): Double(a) == b
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy(same)
    case (.object(let a), .object(let b)):
      a.count == b.count
        && a.allSatisfy { member in b.contains { $0.key == member.key && same($0.value, member.value) } }
    default: left == right
    }
  }

  @Test("accepted, refused and understood") func all() {
    var counts: [String: [String]] = [:]
    for test in Self.cases {
      let (kind, what): (String, String) =
        switch Self.verdict(test) {
        case .asItSays: (test.mustFail ? "refused, as it says" : "accepted, as it says", "")
        case .byTheLanguage(let code):
          ("\(test.mustFail ? "invalid" : "valid"), and refused by the language: \(code)", "")
        case .wronglyAccepted: ("wrongly accepted", "")
        case .wronglyRefused(let why): ("wrongly refused", ": \(why)")
        case .otherMeaning(let why): ("understood otherwise", ": \(why)")
        }
      counts[kind, default: []].append(test.id + what)
    }
    for (kind, found) in counts.sorted(by: { $0.key < $1.key }) {
      print("\(found.count) \(kind)")
      for one in found where !kind.hasSuffix("as it says") { print("    \(one)") }
    }
    #expect(!Self.cases.isEmpty)
    #expect(counts["wrongly accepted", default: []] == [])
    #expect(counts["understood otherwise", default: []] == [])
    // Beside what libyaml itself refuses: what it takes for something else.
    let misread = ["yaml-syntax", "ambiguous-anchor", "ambiguous-flow"]
    let ours = counts["wrongly refused", default: []].filter { found in
      !misread.contains { found.contains(": \($0): ") }
    }
    #expect(ours == [])
  }
}
