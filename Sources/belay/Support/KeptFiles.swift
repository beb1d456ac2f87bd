import BelayJournal
import BelayModel
import BelayPlan
import BelayStore
import BelayWorld

/// What nodes with `keep` have answered last, whole as far as it was kept, masked: files that belong to the report.
struct KeptFiles {
  struct File {
    let node: NodeID
    let name: String
    let stream: KeptStream

    /// Below the folder that is asked for; a name may be used by several nodes.
    var path: String { "\(node)/\(name)" }
  }

  let files: [File]

  init(_ run: RecordedRun) {
    var last: [NodeID: AttemptRecord] = [:]
    for attempt in run.state.attempts.values where attempt.end != nil {
      if let known = last[attempt.node], known.intendedAt > attempt.intendedAt { continue }
      last[attempt.node] = attempt
    }
    files = run.plan.nodes.compactMap { node in
      guard let name = node.keep?.literal else { return nil }
      var stream = run.state.nodes[node.id]?.kept ?? KeptStream()
      if let end = last[node.id]?.end { stream = end.answer == KeptStream() ? end.stdout : end.answer }
      return stream.bytes == 0 ? nil : File(node: node.id, name: name, stream: stream)
    }
  }

  /// Writes them below a folder, which is made; never over another file.
  ///
  /// - Parameters:
  ///   - runFolder: where the run's output lies.
  ///   - shown: the folder as the one who asked calls it.
  /// - Throws: exit 2 where one cannot be made, 9 where what was kept cannot be read any more.
  func write(from runFolder: String, to folder: String, shown: String) throws {
    for file in files {
      let path = "\(folder)/\(file.path)"
      let parent = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
      try NewFile.makeFolder(parent, shown: "\(shown)/\(file.node)")
      try NewFile.write(
        try file.bytes(from: runFolder), to: path, shown: "\(shown)/\(file.path)", mode: 0o600,
        hints: ["give each report a folder of its own"])
    }
  }
}

extension KeptFiles.File {
  fileprivate func bytes(from runFolder: String) throws -> [UInt8] {
    if let text = stream.text { return Array(text.utf8) }
    guard let file = stream.file else {
      throw Failure(.unusable, "\(stream.bytes) bytes of \(node) were printed and not kept")
    }
    do {
      return try SmallFile.bytes("\(runFolder)/\(file)")
    } catch { throw Failure(.unusable, error.message) }
  }
}

extension PlanNode {
  fileprivate var keep: Template? {
    switch detail {
    case .step(let step): step.body.keep
    case .check(let check): check.body.keep
    case .gate, .group: nil
    }
  }
}
