internal import BelayKeeper
private import CSystem
internal import Glibc

/// A command that is soon over, run to its end: without a keeper, and nothing of it is recorded.
struct BriefCommand {
  /// Absolute.
  var path: String
  /// With its own name as the first.
  var arguments: [String]
  /// `NAME=value`.
  var environment: [String]
  var folder: String
  /// What its standard input is.
  var input = "/dev/null"
  /// Milliseconds that it may take.
  var patience: Int32

  /// Bytes of each stream that it may write.
  static let limit = 1 << 20

  enum End: Hashable {
    /// By itself, with this status of wait(2).
    case status(Int32)
    /// Not within its time; or it has written more than it may. It was killed, and what it had started with it.
    case late, tooMuch
  }

  struct Result {
    var end: End
    var output: [UInt8] = []
    var error: [UInt8] = []

    /// The last line of what it said about itself.
    var lastWords: String? {
      String(decoding: error, as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init)
    }
  }

  /// What is over when the command is: nobody waits for what it leaves behind with its streams open.
  func run() throws(SystemError) -> Result {
    let source = open(input, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw SystemError("open", input) }
    defer { close(source) }
    let output = try BriefCommand.pipe()
    let error = try BriefCommand.pipe()
    defer { for end in [output.read, error.read] { close(end) } }
    var pid = pid_t()
    let code = start(source, output.write, error.write, &pid)
    for end in [output.write, error.write] { close(end) }
    guard code == 0 else { throw SystemError("start", path, code) }
    return follow(pid, output: output.read, error: error.read)
  }

  private static func pipe() throws(SystemError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard belay_pipe(&ends) == 0 else { throw SystemError("pipe", "a pipe") }
    return (ends[0], ends[1])
  }

  private func start(_ input: Int32, _ output: Int32, _ error: Int32, _ pid: inout pid_t) -> Int32 {
    withCStrings(arguments) { words in
      withCStrings(environment) { variables in
        path.withCString { path in
          folder.withCString { place in
            var process = belay_process(
              path: path, arguments: words, environment: variables, working_directory: place,
              input: input, output: output, error: error, extra: -1)
            return belay_spawn(&process, &pid)
          }
        }
      }
    }
  }

  // MARK: Until it has ended

  private func follow(_ pid: pid_t, output: Int32, error: Int32) -> Result {
    let process = belay_process_descriptor(pid)
    defer { if process >= 0 { close(process) } }
    var found = Result(end: .late)
    var polled = [process, output, error].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let deadline = BriefCommand.now() + Int64(patience)
    while true {
      let count = poll(&polled, 3, Int32(max(0, deadline - BriefCommand.now())))
      if count < 0 { continue }
      if count == 0 { return kill(pid, found, .late) }
      take(&polled[1], into: &found.output)
      take(&polled[2], into: &found.error)
      if max(found.output.count, found.error.count) > BriefCommand.limit { return kill(pid, found, .tooMuch) }
      let isSilent = polled[1].revents == 0 && polled[2].revents == 0
      // Where the kernel gives no descriptor of a process, its closed streams have to do.
      let isOver = process >= 0 ? polled[0].revents != 0 : polled[1].fd < 0 && polled[2].fd < 0
      if isOver, isSilent {
        found.end = .status(BriefCommand.reap(pid))
        return found
      }
    }
  }

  private func take(_ stream: inout pollfd, into bytes: inout [UInt8]) {
    guard stream.fd >= 0, stream.revents != 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(stream.fd, &buffer, buffer.count)
    if count > 0 { bytes += buffer[..<count] }
    // poll(2) leaves out what is below zero.
    if count == 0 { stream.fd = -1 }
  }

  /// It leads a session of its own, and what it has started goes with it.
  private func kill(_ pid: pid_t, _ found: Result, _ end: End) -> Result {
    _ = Glibc.kill(-pid, SIGKILL)
    _ = BriefCommand.reap(pid)
    var found = found
    found.end = end
    return found
  }

  private static func reap(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// Milliseconds.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
