internal import BelayModel

/// A script on its way through a shell of the environment, as its standard input.
///
/// Nothing of it runs before all of it has arrived: it stands in braces, and a part of it is a syntax error. Values are
/// single-quoted assignments ahead of the script, which is one quoted word; secrets are never among any arguments. What
/// runs reads `/dev/null`, and its exit status comes back behind a mark.
///
/// - Source: POSIX.1-2024, XCU 2.2.2 "Single-Quotes", 2.9.4.1 "Grouping Commands".
enum FarScript {
  static func request(
    _ script: String, variables: [ProcessRequest.Variable], through shell: FarShell,
    _ context: borrowing some ActionContext
  ) throws(StepFailure) -> EffectRequest {
    var input = BoundText("{\n")
    for variable in variables {
      _ = try ProcessAnswer.checkedLength(of: variable)
      input.parts += [.text("export \(variable.name)=")] + quoted(variable.value) + [.text("\n")]
    }
    var inner = shell.setup.isEmpty ? "" : shell.setup + "\n"
    if shell.folder != nil { inner += "cd -- \"$\(folder)\"\n" }
    inner += script
    try ProcessAnswer.checkLength(inner.utf8.count + 1, "the script")
    if let place = shell.folder { input.parts += [.text("\(folder)=")] + quoted(place) + [.text(" ")] }
    let call = "bash -euo pipefail -c \(word(inner)) </dev/null"
    // On a line of its own, whatever the script has left unended.
    let report = "printf '\\n%s%d\\n' \(word(shell.mark)) \"$?\" >&2"
    input.parts.append(.text("\(call)\n\(report)\n}\n"))
    return .process(
      ProcessRequest(
        arguments: shell.command, environment: context.ownVariables,
        workingDirectory: context.projectFolder, input: input))
  }

  private static let folder = "BELAY_CWD"

  private static func quoted(_ text: BoundText) -> [BoundText.Part] {
    let parts = text.parts.map { part -> BoundText.Part in
      switch part {
      case .text(let text): .text(word(text))
      case .secret(let name), .quotedSecret(let name), .jsonSecret(let name), .percentSecret(let name):
        .quotedSecret(name: name)
      }
    }
    return parts.isEmpty ? [.text("''")] : parts
  }

  /// One word of any shell.
  static func word(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
