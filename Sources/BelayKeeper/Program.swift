internal import CSystem
internal import Glibc

/// Why nothing was started: an error number, and what failed in words.
struct StartFailure: Error, Hashable {
  var code: Int32
  var words: String
}

/// A request made ready for posix_spawn: its program found, its strings for C.
struct Program {
  /// Absolute, or relative to the working directory.
  let path: String
  let arguments: [String]
  let environment: [String]
  let workingDirectory: String

  /// - Parameter mark: `BELAY_ATTEMPT=<run>/<attempt>`.
  init(_ request: SpawnRequest, mark: String) throws(StartFailure) {
    guard let name = request.arguments.first, !name.isEmpty else {
      throw StartFailure(code: EINVAL, words: "there is no program to start")
    }
    let texts = request.arguments + request.environment + [request.workingDirectory]
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      throw StartFailure(code: EINVAL, words: "\(name): an argument or a variable holds a NUL byte")
    }
    arguments = request.arguments
    environment = request.environment.filter { !$0.hasPrefix(Program.markName + "=") } + [mark]
    workingDirectory = request.workingDirectory
    path = try Program.find(name, environment: request.environment, workingDirectory: workingDirectory)
  }

  static let markName = "BELAY_ATTEMPT"

  /// What marks an attempt's processes in their environment.
  static func mark(run: String, attempt: AttemptID) -> String { "\(markName)=\(run)/\(attempt)" }

  /// Looks a name up as execvp(3) does, but in the process's own PATH and from its own folder.
  private static func find(
    _ name: String, environment: [String], workingDirectory: String
  ) throws(StartFailure) -> String {
    if name.utf8.contains(UInt8(ascii: "/")) { return name }
    let prefix = "PATH="
    guard let path = environment.last(where: { $0.hasPrefix(prefix) })?.dropFirst(prefix.count) else {
      throw StartFailure(code: ENOENT, words: "\(name): command not found: PATH is not set")
    }
    var found: String?
    for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
      let place = folder.isEmpty ? "./" + name : folder + "/" + name
      let absolute = place.hasPrefix("/") ? place : workingDirectory + "/" + place
      var status = stat()
      guard stat(absolute, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if access(absolute, X_OK) == 0 { return place }
      found = found ?? absolute
    }
    if let found { throw StartFailure(code: EACCES, words: "\(found): not executable") }
    throw StartFailure(code: ENOENT, words: "\(name): command not found in PATH=\(path)")
  }

  /// Starts it.
  ///
  /// - Returns: its pid, which is its session's and group's too.
  func start(input: Int32, output: Int32, error: Int32) throws(StartFailure) -> Int32 {
    var pid: pid_t = 0
    let code = withCStrings(arguments) { arguments in
      withCStrings(environment) { environment in
        path.withCString { path in
          workingDirectory.withCString { folder in
            var process = belay_process(
              path: path, arguments: arguments, environment: environment, working_directory: folder,
              input: input, output: output, error: error, extra: -1)
            return belay_spawn(&process, &pid)
          }
        }
      }
    }
    guard code == 0 else { throw failure(code) }
    return pid
  }

  /// execve(2) and chdir(2) fail with the same numbers, and a missing interpreter looks like a missing program.
  private func failure(_ code: Int32) -> StartFailure {
    var status = stat()
    if stat(workingDirectory, &status) != 0 { return folderFailure(errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return folderFailure(ENOTDIR)
    }
    guard access(workingDirectory, X_OK) == 0 else { return folderFailure(errno) }
    let place = path.hasPrefix("/") ? path : workingDirectory + "/" + path
    switch code {
    case ENOENT where stat(place, &status) == 0:
      return StartFailure(code: code, words: "\(path): the interpreter that it names does not exist")
    case ENOEXEC:
      return StartFailure(code: code, words: "\(path): \(errorText(code)); a script begins with #!")
    case ENOENT: return StartFailure(code: code, words: "\(path): command not found")
    default: return StartFailure(code: code, words: "\(path): \(errorText(code))")
    }
  }

  private func folderFailure(_ code: Int32) -> StartFailure {
    StartFailure(code: code, words: "working directory \(workingDirectory): \(errorText(code))")
  }
}

/// Strings as the list of pointers, ended by a null one, that C wants; valid during the call.
///
/// One block of bytes for all of them: a thousand variables are one allocation.
package func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var bytes: [CChar] = []
  var starts: [Int] = []
  bytes.reserveCapacity(texts.reduce(0) { $0 + $1.utf8.count + 1 })
  for text in texts {
    starts.append(bytes.count)
    bytes.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
    bytes.append(0)
  }
  return bytes.withUnsafeMutableBufferPointer { block in
    var list: [UnsafeMutablePointer<CChar>?] = starts.map { start in block.baseAddress.map { $0 + start } }
    list.append(nil)
    return list.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("the list holds at least its end") }
      return body(base)
    }
  }
}
