import ArgumentParser
import BelayJournal
import BelayModel
import BelayStore
import BelayWorld
import Glibc

/// Where runs are kept, as the command line and the environment say it.
struct StoreOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder of the store (default: $BELAY_STORE, or $XDG_STATE_HOME/belay, or ~/.local/state/belay).",
      valueName: "folder"))
  var store: String?

  var folder: String {
    if let store = store ?? variable("BELAY_STORE") {
      return Project.absolute(store, in: Project.currentFolder())
    }
    if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") { return state + "/belay" }
    return homeFolder() + "/.local/state/belay"
  }

  /// Made where it is missing.
  func open() throws -> SQLiteStore {
    do {
      return try SQLiteStore.open(folder) { holder in
        Output.error.line("belay: waiting for the store, which \(holder.text) holds")
      }
    } catch { throw Failure(error) }
  }

  /// Nil when there is none; makes nothing.
  func openForReading() throws -> SQLiteStore? {
    do {
      return try SQLiteStore.openReadOnly(folder)
    } catch { throw Failure(error) }
  }

  /// - Throws: exit 2 when there is none.
  func existing() throws -> SQLiteStore {
    guard let store = try openForReading() else {
      throw Failure(.usage, "there is no store in \(folder): nothing was run yet")
    }
    return store
  }
}

/// A command as it can be typed after this one, from anywhere: of the same store, where that was named.
func typed(_ command: String) -> String { "belay \(command)\(StoreOptions.typed)" }

extension StoreOptions {
  fileprivate static let typed: String = {
    let words = CommandLine.arguments
    let named = words.lastIndex { $0 == "--store" || $0.hasPrefix("--store=") }
    guard let named, words[named] != "--store" || named + 1 < words.count else { return "" }
    let folder = words[named] == "--store" ? words[named + 1] : String(words[named].dropFirst(8))
    let path = Project.absolute(folder, in: Project.currentFolder())
    let isPlain = path.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x2D...0x39).contains(byte)
        || byte == 0x5F
    }
    let parts = path.split(separator: "'", omittingEmptySubsequences: false)
    return " --store " + (isPlain ? path : "'\(parts.joined(separator: #"'\''"#))'")
  }()
}

extension Failure {
  init(_ error: StoreError) {
    switch error {
    case .claimed(let claim):
      self.init(
        .lockHeld,
        "\(claim.name) is held by run \(claim.run) since \(claim.since.wholeSecond.text), by \(claim.by)",
        hints: [
          "look at it:     \(typed("status \(claim.run)"))",
          "finish it:      \(typed("resume \(claim.run)"))",
          "undo it:        \(typed("rollback \(claim.run)"))",
          "give it up:     \(typed("close \(claim.run) --note '…'"))",
        ])
    case .fenced(let text): self.init(.lockHeld, text)
    case .full(let text):
      self.init(
        .unusable, "no space for the journal: \(text)",
        hints: ["nothing was started without its record; free some space, then: belay resume"])
    case .broken(let text), .unusable(let text), .newer(let text): self.init(.unusable, text)
    }
  }
}
