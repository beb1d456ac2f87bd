import BelayWorld
import Glibc

/// The commit that a folder's files are of, read from git's own files: no program is started.
struct GitState {
  let commit: String?
  /// Not known without running git; true unless the index is at least as new as every file that was read.
  let isDirty: Bool

  init(_ folder: String) {
    guard let git = GitState.gitFolder(above: folder) else {
      commit = nil
      isDirty = false
      return
    }
    commit = GitState.head(git)
    isDirty = GitState.isNewer("\(folder)/playbooks", than: "\(git)/index")
  }

  private static func gitFolder(above start: String) -> String? {
    var folder = start
    while folder != "/" {
      if isFolder("\(folder)/.git") { return "\(folder)/.git" }
      folder = Project.parent(of: folder)
    }
    return nil
  }

  /// - Source: gitrepository-layout(5): HEAD holds a commit or `ref: NAME`; a ref is a file or a packed line.
  private static func head(_ git: String) -> String? {
    guard let head = (try? SmallFile.read("\(git)/HEAD"))?.firstLine else { return nil }
    guard head.hasPrefix("ref: ") else { return head }
    let name = String(head.dropFirst(5))
    if let commit = (try? SmallFile.read("\(git)/\(name)"))?.firstLine { return commit }
    let packed = (try? SmallFile.read("\(git)/packed-refs")) ?? ""
    return packed.split(separator: "\n").first { $0.hasSuffix(" \(name)") }.map { String($0.prefix(40)) }
  }

  private static func isNewer(_ folder: String, than index: String) -> Bool {
    var facts = stat()
    guard stat(index, &facts) == 0, let names = try? entries(of: folder) else { return true }
    let time = facts.st_mtim.tv_sec
    return names.contains { name in
      var file = stat()
      return stat("\(folder)/\(name)", &file) == 0 && file.st_mtim.tv_sec > time
    }
  }
}

extension String {
  fileprivate var firstLine: String? { split(separator: "\n").first.map(String.init) }
}
