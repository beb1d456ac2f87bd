import BelayDigest
import Glibc

@testable import BelayStore

/// What a power loss takes.
enum Loss {
  /// Everything that was not synced, names too: the least that POSIX promises.
  case everythingUnsynced
  /// Nothing: the machine stopped the moment after.
  case nothing
  /// Of what was not synced each sector of each write, each truncation, each name, by chance and in any order.
  case parts(SeededGenerator, kept: Double)

  fileprivate mutating func keeps() -> Bool {
    switch self {
    case .everythingUnsynced: return false
    case .nothing: return true
    case .parts(var random, let kept):
      let answer = Double.random(in: 0..<1, using: &random) < kept
      self = .parts(random, kept: kept)
      return answer
    }
  }
}

/// The files of a folder, what is synced of each and what is not.
struct DiskImage {
  private static let sector = 512
  /// Allocated, never written: its bytes are not kept here.
  private static let reserve = "reserve"

  private struct File {
    var synced: [UInt8] = []
    /// In order. Of two that reached one sector the later one counts, so taking some of them in order gives every
    /// state that any order gives.
    var unsynced: [WatchedDisk.Operation] = []
    var isNamed = false
    var isFolder = false
  }

  private var files: [String: File] = [:]
  /// Removed, and the removal not synced.
  private var removed: [String: File] = [:]

  init() {}

  /// What lies in a folder, all of it synced.
  init(of folder: String) throws {
    for name in try StoreFolder.names(in: folder) where !name.hasSuffix("-shm") && name != DiskImage.reserve {
      guard let bytes = try? OpenFile(folder + "/" + name, O_RDONLY).read(limit: 1 << 24) else { continue }
      files[name] = File(synced: bytes, isNamed: true)
    }
    for run in try StoreFolder.names(in: folder + "/runs") {
      files["runs/" + run] = File(isNamed: true, isFolder: true)
    }
  }

  mutating func apply(_ operation: WatchedDisk.Operation) {
    switch operation {
    case .create(let path): files[path] = File()
    case .createFolder(let path): files[path] = File(isFolder: true)
    case .write(let path, _, _), .truncate(let path, _), .allocate(let path, _):
      if path != DiskImage.reserve { files[path, default: File()].unsynced.append(operation) }
    case .sync(let path):
      var all = Loss.nothing
      guard let file = files[path] else { return }
      files[path]?.synced = DiskImage.content(file, after: &all)
      files[path]?.unsynced = []
    case .syncNames(let folder):
      for path in files.keys where DiskImage.parent(of: path) == folder { files[path]?.isNamed = true }
      removed = removed.filter { DiskImage.parent(of: $0.key) != folder }
    case .remove(let path):
      guard let file = files.removeValue(forKey: path), file.isNamed else { return }
      removed[path] = file
    case .reported: break
    }
  }

  private static func parent(of path: String) -> String {
    path.split(separator: "/").dropLast().joined(separator: "/")
  }

  private static func content(_ file: File, after loss: inout Loss) -> [UInt8] {
    var bytes = file.synced
    func grow(to size: Int) {
      if bytes.count < size { bytes += repeatElement(0, count: size - bytes.count) }
    }
    for change in file.unsynced {
      switch change {
      case .write(_, let offset, let written):
        var start = offset
        while start < offset + written.count {
          let end = min(offset + written.count, (start / sector + 1) * sector)
          if loss.keeps() {
            grow(to: end)
            bytes.replaceSubrange(start..<end, with: written[(start - offset)..<(end - offset)])
          }
          start = end
        }
      case .truncate(_, let size) where loss.keeps():
        bytes.removeLast(max(0, bytes.count - size))
        grow(to: size)
      case .allocate(_, let size) where loss.keeps(): grow(to: size)
      default: break
      }
    }
    return bytes
  }

  /// What is on the disk when it is looked at again.
  func after(_ loss: Loss) -> [String: [UInt8]?] {
    var loss = loss
    var found: [String: [UInt8]?] = [:]
    for (path, file) in removed.sorted(by: { $0.key < $1.key }) where !loss.keeps() {
      found[path] = DiskImage.content(file, after: &loss)
    }
    for (path, file) in files.sorted(by: { $0.key < $1.key }) where file.isNamed || loss.keeps() {
      // What lies in a folder whose own name is lost is lost with it.
      let parent = DiskImage.parent(of: path)
      guard files[parent] == nil || found.keys.contains(parent) else { continue }
      found.updateValue(file.isFolder ? nil : DiskImage.content(file, after: &loss), forKey: path)
    }
    return found
  }
}

extension [String: [UInt8]?] {
  /// Of all names and bytes.
  var digest: Digest {
    let hash = SHA256()
    for (path, bytes) in sorted(by: { $0.key < $1.key }) {
      hash.update("\(path)\n\(bytes?.count ?? -1)\n".utf8)
      hash.update(bytes ?? [])
    }
    return hash.finalize()
  }

  /// Makes the files in a folder that is a store's.
  func write(to folder: String) throws {
    try StoreFolder.makeFolders(folder + "/runs")
    for (path, bytes) in self {
      guard let bytes else {
        try StoreFolder.makeFolders(folder + "/" + path)
        continue
      }
      try OpenFile(folder + "/" + path, O_RDWR | O_CREAT).write(bytes, at: 0)
    }
    try OpenFile(folder + "/reserve", O_RDWR | O_CREAT).truncate(to: Reserve.size)
  }
}
