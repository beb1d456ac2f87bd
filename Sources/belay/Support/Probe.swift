import ArgumentParser
import BelayEngine
import BelayJournal
import BelayModel
import BelayPlan
import BelayStore
import Glibc

/// Asks the checks of a plan that can be asked now, as a run would: with its keeper, its timeouts and its masks, in a
/// store of its own that is gone afterwards.
struct Probe {
  private let plan: Plan
  private let probe: PlanProbe

  /// - Parameter rechecks: only those that are asked again.
  init(_ plan: Plan, rechecks: Bool = false) {
    self.plan = plan
    probe = PlanProbe(of: plan, rechecks: rechecks)
  }

  func ask() throws -> ProbeReport {
    var report = ProbeReport(
      answers: [],
      later: probe.later.map { ProbeReport.Line(node: $0.node, word: "not asked", reason: $0.reason) },
      onTheirWord: probe.onTheirWord)
    guard let asked = probe.plan else { return report }
    let state = try run(asked)
    for node in asked.nodes {
      let record = state[node.id]
      let word: String
      switch record.status {
      case .succeeded: word = "pass"
      case .failed: word = "fail"
      default: word = "unknown"
      }
      report.answers.append(
        ProbeReport.Line(node: node.id, word: word, reason: record.failure?.message ?? ""))
    }
    return report
  }

  /// Prints what was answered; exit 6 where that is no go.
  func go(json: Bool) throws {
    let report = try ask()
    report.print(json: json)
    if !report.isGo { throw ExitCode(ExitStatus.planDiffers.rawValue) }
  }

  private func run(_ asked: Plan) throws -> RunState {
    var template = Array("\(variable("TMPDIR") ?? "/tmp")/belay-probe-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(.unusable, "no temporary folder for the probe: \(String(cString: strerror(errno)))")
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { Files.remove(folder) }
    do {
      let store = try SQLiteStore.open(folder) { _ in }
      let row = try RunCreation(plan: asked, bytes: asked.encoded()).create(in: store)
      _ = try Driving(store: store, row: row, progress: SilentProgress()).drive(.run)
      return try RecordedRun(try store.run(row.run) ?? row, in: store).state
    } catch let error as StoreError { throw Failure(error) }
  }
}

/// What was asked, and what has to wait.
struct ProbeReport {
  struct Line {
    var node: String
    var word: String
    var reason: String
  }

  var answers: [Line]
  var later: [Line]
  var onTheirWord: [PlanProbe.Later]

  var isGo: Bool { answers.allSatisfy { $0.word == "pass" } }

  func print(json: Bool) {
    if json { return Output.standard.json(self.json) }
    Output.standard.line("")
    for check in onTheirWord {
      Output.standard.line(
        printable("  run as a question on the author's word: \(check.node): \(check.reason)"))
    }
    for line in answers + later {
      let reason = line.reason.isEmpty ? "" : "  \(line.reason)"
      Output.standard.line(printable("  \(line.word)  \(line.node)\(reason)"))
    }
    let held = answers.filter { $0.word == "pass" }.count
    Output.standard.line(
      "\(isGo ? "go" : "no-go"): \(held) of \(answers.count) checks hold, \(later.count) later")
  }

  private var json: JSON {
    let list = { (lines: [Line]) in
      JSON.array(
        lines.map { line in
          .object(["node": .string(line.node), "answer": .string(line.word), "reason": .string(line.reason)])
        })
    }
    let words = onTheirWord.map { JSON.object(["node": .string($0.node), "command": .string($0.reason)]) }
    return .object([
      "go": .bool(isGo), "answers": list(answers), "later": list(later), "on_the_authors_word": .array(words),
    ])
  }
}

/// Folders that this program has made for itself.
private enum Files {
  /// With all that is in it; links are not followed.
  static func remove(_ path: String) {
    guard unlink(path) != 0, let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { remove("\(path)/\(name)") }
    }
    closedir(folder)
    rmdir(path)
  }
}
