import Glibc
import TestFiles
import Testing

@Suite("The documents are executed") struct ExecutedDocuments {
  static let root = String(#filePath.dropLast("/Tests/EndToEndTests/DocumentTests.swift".count))

  /// A fenced block: what stands after the fence, and its lines.
  struct Block {
    var language: String
    var argument: String
    var lines: [String]
  }

  /// A command of a block, and what it prints there.
  struct Session: Equatable {
    var command: String
    var output: [String]
  }

  @Test("README.md: its files are made, its commands run, and print what stands there")
  func readme() throws {
    let sandbox = try Sandbox()
    var sessions = 0
    for block in try blocks(of: "README.md") {
      switch block.language {
      case "yaml": sandbox.write(block.lines.map { $0 + "\n" }.joined(), to: block.argument)
      case "console":
        for session in ExecutedDocuments.sessions(in: block) {
          let end = try sandbox.execute(["/bin/bash", "-c", session.command + " 2>&1"]).wait()
          let printed = Session(command: session.command, output: end.output.lines)
          #expect(printed.steady == session.steady)
          sessions += 1
        }
      default:
        #expect(["sh", "text"].contains(block.language), "a block of '\(block.language)' is not executed")
      }
    }
    #expect(sessions >= 4)
  }

  @Test("the commands that README.md shows for the quickstart are those there are")
  func commands() throws {
    let sandbox = try Sandbox()
    let known = try sandbox.belay("--help").output
    for block in try blocks(of: "README.md") where block.language == "sh" {
      for line in block.lines where line.hasPrefix("belay ") {
        let command = String(line.split(separator: " ")[1])
        #expect(known.contains("  \(command) "), "\(line)")
      }
    }
  }

  @Test("every example validates without a warning, and can be planned")
  func examples() throws {
    let sandbox = try Sandbox()
    let folder = ExecutedDocuments.root + "/examples/quickstart"
    let end = try sandbox.belay("validate", in: folder)
    #expect(end.status == 0 && end.output.contains("0 errors, 0 warnings"), "\(end)")
    let plan = try sandbox.belay("plan", folder + "/playbooks/deploy.yaml", "-p", "version=2")
    #expect(plan.status == 0, "\(plan)")
  }

  private func blocks(of path: String) throws -> [Block] {
    let text = try #require(Files.text(ExecutedDocuments.root + "/" + path))
    var blocks: [Block] = []
    var open: Block?
    for line in text.lines {
      if var block = open {
        if line == "```" {
          blocks.append(block)
          open = nil
        } else {
          block.lines.append(line)
          open = block
        }
      } else if line.hasPrefix("```") {
        let words = line.dropFirst(3).split(separator: " ").map(String.init)
        open = Block(language: words.first ?? "", argument: words.dropFirst().first ?? "", lines: [])
      }
    }
    return blocks
  }

  private static func sessions(in block: Block) -> [Session] {
    var sessions: [Session] = []
    for line in block.lines {
      if line.hasPrefix("$ ") {
        sessions.append(Session(command: String(line.dropFirst(2)), output: []))
      } else if !sessions.isEmpty {
        sessions[sessions.count - 1].output.append(line)
      }
    }
    return sessions
  }
}

extension String {
  /// Without the empty one after the last line end.
  fileprivate var lines: [String] {
    var lines = split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

extension ExecutedDocuments.Session {
  /// With what differs from run to run replaced: names of runs and people, times, digests.
  fileprivate var steady: Self {
    let changing: [(Regex<Substring>, String)] = [
      (/\d{8}-\d{6}-[a-z0-9]{4}/, "RUN"), (/\d{4}-\d\d-\d\dT[0-9:.]+Z/, "MOMENT"),
      (/\b\d\d:\d\d:\d\d\b/, "TIME"),
      (/\b[0-9a-f]{64}\b/, "DIGEST"), (/\bby [a-z][a-z0-9_-]*$/, "by SOMEBODY"),
    ]
    var steady = self
    for (pattern, word) in changing {
      steady.output = steady.output.map { $0.replacing(pattern, with: word) }
    }
    return steady
  }
}
