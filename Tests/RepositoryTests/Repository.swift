import Glibc
import TestFiles
import Testing

/// The project's own files, as they stand on the disk.
enum Repository {
  static let root = String(#filePath.dropLast("/Tests/RepositoryTests/Repository.swift".count))

  struct File: Sendable, CustomTestStringConvertible {
    /// From the root of the project.
    var path: String
    var text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var testDescription: String { path }

    /// The folder below `Sources` or `Tests`.
    var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }

    /// The modules that are imported, whatever stands before and after the word.
    var imports: Set<String> {
      Set(
        lines.compactMap { line in
          let words = line.split(separator: " ")
          guard let position = words.firstIndex(of: "import"), position + 1 < words.count else { return nil }
          let before = words[..<position]
          guard
            before.allSatisfy({
              ["public", "internal", "private", "package"].contains($0) || $0.hasPrefix("@")
            })
          else { return nil }
          return words[position + 1].split(separator: ".").first.map(String.init)
        })
    }

    /// Where these words stand, for a message.
    func places(where matches: (Substring) -> Bool) -> [String] {
      lines.enumerated().filter { matches($0.element) }.map { "\(path):\($0.offset + 1): \($0.element)" }
    }
  }

  /// What is built and what is downloaded is not the project's.
  private static let foreign: Set<String> = [".git", ".build", "Package.resolved", "__pycache__", "LICENSE"]

  static let files: [File] = {
    paths(below: "").compactMap { path in
      guard let bytes = Files.bytes(root + "/" + path), let text = String(validating: bytes, as: UTF8.self)
      else {
        return nil
      }
      return File(path: path, text: text)
    }
  }()

  static let swift = files.filter { $0.path.hasSuffix(".swift") }
  static let sources = swift.filter { $0.path.hasPrefix("Sources/") }
  static let tests = swift.filter { $0.path.hasPrefix("Tests/") }

  static func file(_ path: String) throws -> File {
    try #require(files.first { $0.path == path }, "\(path) is missing")
  }

  /// The targets of `Sources`, by their folders.
  static let targets = Files.names(in: root + "/Sources").filter { !$0.contains(".") }

  private static func paths(below folder: String) -> [String] {
    Files.names(in: root + "/" + folder, hidden: true).flatMap { name -> [String] in
      guard !foreign.contains(name), !name.hasSuffix(".swp") else { return [] }
      let path = folder.isEmpty ? name : folder + "/" + name
      var status = stat()
      guard lstat(root + "/" + path, &status) == 0 else { return [] }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: return paths(below: path)
      case S_IFREG: return [path]
      default: return []
      }
    }
  }
}
