import FaultyDisk
import Glibc
import Testing

/// Suites that watch a disk: one at a time, there is one watch in a process.
@Suite("On a faulty disk", .serialized) struct OnAFaultyDisk {}

/// Everything that is done to the files of one folder, in order, and what of it is made to fail.
final class WatchedDisk {
  enum Operation: Hashable {
    case create(String)
    case createFolder(String)
    case write(String, offset: Int, bytes: [UInt8])
    case truncate(String, size: Int)
    case allocate(String, size: Int)
    /// Of a file's content.
    case sync(String)
    /// Of the names in a folder.
    case syncNames(String)
    case remove(String)
    /// No operation: what the store has reported by then.
    case reported(Reported)
  }

  /// What whoever uses the store relies on from there on.
  struct Reported: Hashable {
    var store: String?
    /// Number of events, by run.
    var events: [String: Int] = [:]
    /// Runs whose folder is there.
    var folders: Set<String> = []
    /// The newest ledger entry that `heads.log` names.
    var anchor = 0
  }

  let folder: String
  private(set) var operations: [Operation] = []
  /// The error number with which an operation fails, instead of being done; 0: it is done.
  var fault: (Operation, _ sizeBefore: Int) -> Int32 = { _, _ in 0 }
  /// How many operations were asked for, done or not.
  private(set) var asked = 0

  /// - Parameter folder: absolute, without links.
  init(_ folder: String) {
    self.folder = folder
    faulty_watch(
      folder,
      { context, call in
        guard let context, let call else { return 0 }
        return Unmanaged<WatchedDisk>.fromOpaque(context).takeUnretainedValue().hear(call.pointee)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func end() { faulty_watch(nil, nil, nil) }

  func report(_ reported: Reported) { operations.append(.reported(reported)) }

  private func hear(_ call: faulty_call) -> Int32 {
    guard let operation = operation(call) else { return 0 }
    asked += 1
    let code = fault(operation, Int(call.size))
    if code == 0 { operations.append(operation) }
    return code
  }

  /// Nil for what is not to survive anything: shared memory.
  private func operation(_ call: faulty_call) -> Operation? {
    let path = String(String(cString: call.path).dropFirst(folder.utf8.count + 1))
    if path.hasSuffix("-shm") { return nil }
    switch call.kind {
    case faulty_create: return .create(path)
    case faulty_create_folder: return .createFolder(path)
    case faulty_write:
      let bytes = UnsafeRawBufferPointer(start: call.bytes, count: call.count)
      return .write(path, offset: Int(call.offset), bytes: Array(bytes))
    case faulty_truncate: return .truncate(path, size: Int(call.offset))
    case faulty_allocate: return .allocate(path, size: call.count)
    case faulty_sync: return .sync(path)
    case faulty_sync_names: return .syncNames(path)
    default: return .remove(path)
    }
  }
}

extension WatchedDisk.Operation {
  /// Takes room on the disk.
  func grows(from size: Int) -> Bool {
    switch self {
    case .create, .createFolder: true
    case .write(_, let offset, let bytes): offset + bytes.count > max(0, size)
    case .truncate(_, let new), .allocate(_, let new): new > max(0, size)
    case .sync, .syncNames, .remove, .reported: false
    }
  }

  var isSync: Bool {
    switch self {
    case .sync, .syncNames: true
    default: false
    }
  }
}
