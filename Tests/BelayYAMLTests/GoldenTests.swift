import BelayActions
import BelayModel
import BelayYAML
import Glibc
import TestFiles
import Testing

/// `Goldens/<case>.yaml` and what is said of it, `<case>.expected`.
///
/// `<case>.environment` beside it is the environment; cases named `environment-…`, `action-…` and `roster-…` are such
/// files themselves; those named `linked-…` stand in the project of `FixtureProject`, and are read with all of it.
/// `RECORD=1` writes the expected texts anew.
@Suite("What an author is told") struct GoldenTests {
  static let folder = Files.folder(of: #filePath) + "/Goldens"
  static let cases = Files.names(in: folder).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }

  static func diagnostics(_ name: String) -> (found: [Diagnostic], source: [UInt8]) {
    let source = Files.bytes("\(folder)/\(name).yaml") ?? []
    let path = "playbooks/\(name).yaml"
    if name.hasPrefix("environment-") {
      return (
        EnvironmentReader(knowsZone: FixtureProject.knowsZone).read(bytes: source, path: path).diagnostics,
        source
      )
    }
    if name.hasPrefix("action-") {
      return (ActionFileReader(actions: builtInActions).read(bytes: source, path: path).diagnostics, source)
    }
    if name.hasPrefix("roster-") {
      return (
        RosterReader(knowsZone: FixtureProject.knowsZone).read(bytes: source, path: path).diagnostics, source
      )
    }
    if name.hasPrefix("linked-") {
      var reader = FixtureProject.reader()
      reader.add(path, source)
      return (reader.finish().read.first { $0.path == path }?.diagnostics ?? [], source)
    }
    let environment = Files.bytes("\(folder)/\(name).environment").flatMap {
      EnvironmentReader().read(bytes: $0, path: "playbooks/environments/production.yaml").environment
    }
    let reader = PlaybookReader(actions: builtInActions)
    return (reader.read(bytes: source, path: path, environment: environment).diagnostics, source)
  }

  static func shown(_ name: String) -> String {
    let (found, source) = diagnostics(name)
    let lines = SourceLines(source)
    let errors = found.count { $0.severity == .error }
    let texts = found.map { "\($0.text(source: lines))\n  [\($0.code)]\n" }
    return texts.joined() + "\(errors) errors, \(found.count - errors) warnings\n"
  }

  @Test("as recorded", arguments: cases)
  func asRecorded(_ name: String) throws {
    let path = "\(Self.folder)/\(name).expected"
    let shown = Self.shown(name)
    if getenv("RECORD") != nil { Files.write(shown, to: path) }
    #expect(shown == Files.text(path))
  }

  @Test("twenty-five mistakes are told at once")
  func twentyFive() {
    #expect(Self.diagnostics("twenty-five-mistakes").found.count { $0.severity == .error } == 25)
  }

  @Test("every code is in a golden")
  func everyCode() {
    let recorded = Set(Self.cases.flatMap { Self.diagnostics($0).found.map(\.code) })
    let sources = Files.folder(of: Files.folder(of: Files.folder(of: #filePath))) + "/Sources/"
    let folders = [
      "BelayYAML", "BelayYAML/Nodes", "BelayYAML/Decoding", "BelayYAML/Checking", "BelayYAML/Linking",
      "BelayActions",
    ]
    var written: Set<String> = []
    for folder in folders {
      for name in Files.names(in: sources + folder) where name.hasSuffix(".swift") {
        written.formUnion(Self.codes(in: Files.text("\(sources)\(folder)/\(name)") ?? ""))
      }
    }
    // Too large to keep as files, or nothing that can be provoked; their own tests have them.
    let elsewhere: Set<String> = [
      "too-large", "too-many-directives", "out-of-memory", "script-too-long", "unreadable", "too-many-nodes",
      "too-many-values", "too-many-mistakes",
    ]
    #expect(written.count > 40)
    #expect(written.subtracting(recorded).subtracting(elsewhere).sorted() == [])
  }

  /// First texts of calls that report, and those after `code:`.
  private static func codes(in source: String) -> Set<String> {
    var codes: Set<String> = []
    let marks = ["code: \"", "error(\"", "report(\"", "warn(\"", "stop(\""]
    let packed = source.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .split(separator: "( \"", omittingEmptySubsequences: false).joined(separator: "(\"")
    for mark in marks {
      var rest = packed[...]
      while let at = rest.range(of: mark) {
        rest = rest[at.upperBound...]
        let code = rest.prefix { $0 != "\"" }
        if code.allSatisfy({ $0.isLowercase || $0.isNumber || $0 == "-" || $0 == "." }) {
          codes.insert(String(code))
        }
      }
    }
    return codes
  }
}

extension Substring {
  fileprivate func range(of mark: String) -> Range<Index>? { firstRange(of: mark) }
}
