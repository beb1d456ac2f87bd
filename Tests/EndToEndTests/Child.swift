import CSystem
import Glibc
import TestFiles

/// How a program ended, and all that it printed.
struct End {
  /// Exit status, or 128 and the signal, as a shell tells it.
  var status: Int32
  var output: String
  var error: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A program that a test has started, in a session of its own.
final class Child {
  let pid: pid_t
  private let output: String
  private let error: String
  private var end: End?

  init(
    _ command: [String], in folder: String, environment: [String], output: String, error: String
  ) throws {
    self.output = output
    self.error = error
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
    let input = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
    let outputFile = Glibc.open(output, flags, 0o600)
    let errorFile = Glibc.open(error, flags, 0o600)
    defer { for descriptor in [input, outputFile, errorFile] { close(descriptor) } }
    var pid = pid_t()
    let code = Child.withStrings(command) { arguments in
      Child.withStrings(environment) { variables in
        command[0].withCString { path in
          folder.withCString { folder in
            var process = belay_process(
              path: path, arguments: arguments, environment: variables, working_directory: folder,
              input: input, output: outputFile, error: errorFile, extra: -1)
            return belay_spawn(&process, &pid)
          }
        }
      }
    }
    guard code == 0 else { throw Trouble("\(command[0]) does not start: error \(code)") }
    self.pid = pid
  }

  deinit {
    guard end == nil else { return }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  func signal(_ number: Int32) { kill(pid, number) }

  /// Until it has ended.
  @discardableResult
  func wait() throws -> End {
    if let end { return end }
    try Child.waitForEnd(of: pid)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    let ended = End(
      status: code, output: Files.text(output) ?? "", error: Files.text(error) ?? "")
    end = ended
    return ended
  }

  /// Kills it as the kernel or a colleague would, and waits until it is gone.
  func killed() throws {
    signal(SIGKILL)
    try wait()
  }

  /// What it has printed up to now.
  var outputSoFar: String { Files.text(output) ?? "" }
  var errorSoFar: String { Files.text(error) ?? "" }

  static func waitForEnd(of pid: pid_t) throws {
    let descriptor = belay_process_descriptor(pid)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Sandbox.patience) == 1 else { throw Trouble("process \(pid) does not end") }
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeMutableBufferPointer { buffer in
      withUnsafePointer(to: &buffer[0]) { body($0) }
    }
  }
}
