import Testing

@Suite("playbooks/README.md leads from the runbook to what there is") struct RunbookTable {
  /// A line of a table: the playbook that it names and the nodes in it.
  private struct Row {
    var line: Int
    var playbook: String
    var nodes: [String]
  }

  @Test("every playbook and every node that a line names is there")
  func references() throws {
    let rows = try rows()
    #expect(rows.count > 100)
    for row in rows {
      let path = "playbooks/\(row.playbook).yaml"
      guard let playbook = Repository.files.first(where: { $0.path == path }) else {
        Issue.record("line \(row.line): there is no \(path)")
        continue
      }
      let ids = try ids(in: playbook.text)
      for node in row.nodes {
        #expect(ids.contains(node), "line \(row.line): \(row.playbook) has no node '\(node)'")
      }
    }
  }

  @Test("every playbook is named, and every action is used")
  func nothingIsMissing() throws {
    let page = try Repository.file("playbooks/README.md").text
    let playbooks = Repository.files.filter {
      $0.path.hasPrefix("playbooks/") && $0.path.split(separator: "/").count == 2
        && $0.path.hasSuffix(".yaml")
    }
    #expect(playbooks.count > 30)
    for file in playbooks {
      let name = file.path.split(separator: "/")[1].dropLast(".yaml".count)
      #expect(page.contains("`\(name)`") || page.contains("`\(name).yaml`"), "\(file.path) is not named")
    }
    let text = playbooks.map(\.text).joined()
    for file in Repository.files where file.path.hasPrefix("playbooks/actions/") {
      let name = file.path.split(separator: "/")[2].dropLast(".yaml".count)
      let used = try Regex("uses: \(name.replacing(".", with: "\\."))\\b")
      #expect(text.contains(used), "nothing uses \(name)")
    }
  }

  /// Three columns: the second names it; four: the third.
  private func rows() throws -> [Row] {
    let code = try Regex(#"`([^`]+)`"#)
    var rows: [Row] = []
    for (number, line) in try Repository.file("playbooks/README.md").lines.enumerated() {
      guard line.hasPrefix("| ") else { continue }
      let cells = line.replacing("\\|", with: " ").split(separator: "|", omittingEmptySubsequences: false)
        .dropFirst().dropLast()
      guard cells.count == 3 || cells.count == 4 else { continue }
      let cell = cells[cells.startIndex + cells.count - 2]
      let words = cell.matches(of: code).compactMap { $0.output[1].substring.map(String.init) }
      guard let playbook = words.first else { continue }
      rows.append(Row(line: number + 1, playbook: playbook, nodes: Array(words.dropFirst())))
    }
    return rows
  }

  private func ids(in text: String) throws -> Set<String> {
    let node = try Regex(#"(?:step|check|gate|group): ([a-z][a-z0-9_]*)"#)
    return Set(text.matches(of: node).compactMap { $0.output[1].substring.map(String.init) })
  }
}
