internal import BelayModel

extension Plan {
  /// The plan for a ticket: a table of what runs, what undoes it, and what a failure leads to.
  ///
  /// - Parameter digest: of the exact bytes.
  public func markdown(digest: String) -> String {
    var lines = ["# \(DisplayText.line(title))", ""]
    lines.append("| | |")
    lines.append("| --- | --- |")
    lines.append(row(["playbook", code(path)]))
    lines.append(row(["run", code(run)]))
    if let environment { lines.append(row(["environment", code(environment)])) }
    for (key, value) in scopes.first?.params.entries ?? [] {
      lines.append(row(["param \(key.text)", code(value.text)]))
    }
    if !claims.isEmpty { lines.append(row(["claims", claims.map(code).joined(separator: ", ")])) }
    for secret in secrets { lines.append(row(["secret \(secret.name)", escaped(secret.place)])) }
    if let saved { lines.append(row(["may be run until", code(saved.expiresAt.text)])) }
    lines.append(row(["plan digest", code(digest)]))
    if let expected { lines.append(row(["takes", "about \(expected.rough), as the last runs did"])) }
    for line in rosterText { lines.append(row(["people", escaped(line)])) }
    lines += section("What runs", [.main])
    lines += meanwhile
    lines += section("After success and after a rollback", [.steadyState])
    lines += section("What undoes it, in reverse order", nil)
    if !warnings.isEmpty { lines += ["", "## Warnings", ""] + warnings.map { "- \(escaped($0))" } }
    return lines.joined(separator: "\n") + "\n"
  }

  /// - Parameter roles: nil: of rollbacks.
  private func section(_ title: String, _ roles: [PlanNode.Role]?) -> [String] {
    let list = nodes.enumerated().filter { _, node in
      guard let roles else { if case .rollback = node.role { return true } else { return false } }
      return roles.contains(node.role)
    }
    if list.isEmpty { return [] }
    return ["", "## \(title)", "", "| node | | does | if it fails |", "| --- | --- | --- | --- |"]
      + list.map { index, node in
        let word = node.preview.sentence + (node.preview.expected.map { ", about \($0.rough)" } ?? "")
        let title = node.title.isEmpty || node.title == node.id ? "" : " \(escaped(node.title))"
        return row([
          "\(node.kindName) \(code(node.id))\(title)", escaped(word), deed(of: index),
          escaped(node.preview.ifItFails),
        ])
      }
  }

  private func deed(of index: Int) -> String {
    let node = nodes[index]
    let when = node.when.map { ["when \(code($0.source))"] } ?? []
    let action = node.preview.action.map { [code($0)] } ?? []
    return (when + action + facts(of: index).map(escaped)).joined(separator: "<br>")
  }

  /// What is watched and who is told, as a list.
  private var meanwhile: [String] {
    let scopes: [Int?] = [nil] + nodes.indices.map { $0 }
    let watched = scopes.flatMap { scope in
      let place = scope.map { " in \(nodes[$0].id)" } ?? ""
      return watches.filter { $0.scope == scope }.map { watch in
        watchLines(watch).enumerated().map { $0 == 0 ? $1 + place : $1 }
      }
    }
    let items = watched + notices.map(noticeLines)
    if items.isEmpty { return [] }
    return ["", "## Meanwhile", ""]
      + items.map { lines in
        let texts = lines.map { line in
          escaped(String(line.drop { $0 == " " }))
        }
        return "- " + texts.joined(separator: "<br>")
      }
  }

  private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

  /// Nothing of it is markup; line ends would end the row.
  private func escaped(_ text: String) -> String {
    var out = ""
    for scalar in DisplayText.line(text).unicodeScalars {
      if "\\`*_{}[]<>#|~&".unicodeScalars.contains(scalar) { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out
  }

  /// As it is, whatever it holds (GFM, 4.10 and 6.3: a pipe ends a cell even in code unless it is escaped).
  private func code(_ text: String) -> String {
    let lines = text.split(separator: "\n").map { line in
      let shown = DisplayText.line(String(line)).replacing("|", with: "\\|")
      var fence = "`"
      while shown.contains(fence) { fence += "`" }
      let pad = shown.hasPrefix("`") || shown.hasSuffix("`") || shown.isEmpty ? " " : ""
      return fence + pad + shown + pad + fence
    }
    return lines.joined(separator: "<br>")
  }
}
