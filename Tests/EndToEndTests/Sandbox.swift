import CSystem
import Glibc
import TestFiles
import Testing

/// A home, a store and a project of their own in a temporary folder, and the built `belay` to use them with.
///
/// Steps run in the project's folder. A test and a step wait for each other through FIFOs there (`gates`): a step says
/// `echo > started` and `read -r < go`, the test `heard("started")` and `open("go")`.
final class Sandbox {
  let folder: String
  var home: String { folder + "/home" }
  var project: String { folder + "/project" }
  var store: String { home + "/.local/state/belay" }

  private var gates: [String: Int32] = [:]
  private var started = 0

  /// Longer than anything here takes; reaching it is a failure that says what was waited for.
  static let patience: Int32 = 120_000

  init(_ playbooks: [String: String] = [:], gates names: [String] = []) throws {
    var template = Array("/tmp/belay-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Trouble("no temporary folder: errno \(errno)") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for path in [home, project, project + "/playbooks", folder + "/out"] { mkdir(path, 0o700) }
    for (name, text) in playbooks { write(text, to: "playbooks/\(name).yaml") }
    for name in names {
      mkfifo(project + "/" + name, 0o600)
      // Both ends: no opening and no writing of a few bytes waits, and nothing is lost before it is read.
      gates[name] = Glibc.open(project + "/" + name, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    }
  }

  deinit {
    for gate in gates.values { close(gate) }
    for process in processes() { kill(process, SIGKILL) }
    _ = try? Child(
      ["/bin/rm", "-rf", folder], in: "/", environment: [], output: "/dev/null", error: "/dev/null"
    )
    .wait()
  }

  // MARK: Files of the project

  func path(_ name: String) -> String { name.hasPrefix("/") ? name : project + "/" + name }

  func write(_ text: String, to name: String) { Files.write(text, to: path(name)) }

  func text(_ name: String) -> String { Files.text(path(name)) ?? "" }
  func lines(_ name: String) -> [String] { text(name).split(separator: "\n").map(String.init) }
  func exists(_ name: String) -> Bool { access(path(name), F_OK) == 0 }

  // MARK: belay

  /// Beside this test's own executable, where the build puts all of them.
  static let binaries: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    return String(decoding: path, as: UTF8.self).split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
  }()

  static let belay = binaries + "/belay"

  @discardableResult
  func belay(_ arguments: String..., variables: [String: String] = [:], in folder: String? = nil) throws
    -> End
  {
    try start(arguments, variables: variables, in: folder).wait()
  }

  func start(_ arguments: String..., variables: [String: String] = [:]) throws -> Child {
    try start(arguments, variables: variables, in: nil)
  }

  func start(_ arguments: [String], variables: [String: String], in folder: String?) throws -> Child {
    try execute([Sandbox.belay] + arguments, variables: variables, in: folder)
  }

  /// Any program, in this sandbox's surroundings.
  func execute(
    _ command: [String], variables: [String: String] = [:], in folder: String? = nil
  ) throws -> Child {
    started += 1
    let own = [
      "HOME": home, "PATH": Sandbox.binaries + ":/usr/local/bin:/usr/bin:/bin", "USER": "ada",
      "LOGNAME": "ada", "TZ": "UTC", "SWIFT_BACKTRACE": "enable=no",
    ]
    let environment = own.merging(variables) { $1 }.map { "\($0.key)=\($0.value)" }.sorted()
    return try Child(
      command, in: folder ?? project, environment: environment,
      output: "\(self.folder)/out/\(started).out", error: "\(self.folder)/out/\(started).err")
  }

  // MARK: Waiting without sleeping

  /// Returns when somebody has written to that FIFO, or throws after a time in which everybody would have.
  func heard(_ gate: String) throws {
    guard let descriptor = gates[gate] else { throw Trouble("there is no gate \(gate)") }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Sandbox.patience) == 1 else { throw Trouble("nobody wrote to \(gate)") }
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") {}
  }

  /// Lets one reader of that FIFO go on, now or when it comes.
  func open(_ gate: String) throws {
    guard let descriptor = gates[gate] else { throw Trouble("there is no gate \(gate)") }
    guard Glibc.write(descriptor, "\n", 1) == 1 else { throw Trouble("\(gate) is full") }
  }

  /// Asks until the answer is yes; each question takes the time that a question takes.
  func repeated(_ what: String, _ question: () throws -> Bool) throws {
    var begun = timespec()
    clock_gettime(CLOCK_MONOTONIC, &begun)
    while try !question() {
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      if now.tv_sec - begun.tv_sec > Int(Sandbox.patience) / 1000 {
        throw Trouble("waited in vain for \(what)")
      }
      sched_yield()
    }
  }

  // MARK: Processes

  /// Engines, keepers and steps of this sandbox and of nobody else: those that have its home in their environment, or a
  /// name of its runs as an argument. (A keeper refuses to show more than its arguments to anybody but root.)
  func processes(named name: String? = nil) -> [pid_t] {
    let runs = Set(Files.names(in: store + "/runs"))
    return Files.names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
      let arguments = Sandbox.words(of: "/proc/\(pid)/cmdline")
      guard pid != getpid(), let program = arguments.first else { return false }
      if let name, program.split(separator: "/").last.map(String.init) != name { return false }
      return Sandbox.words(of: "/proc/\(pid)/environ").contains("HOME=\(home)")
        || arguments.dropFirst().contains { runs.contains($0) }
    }
  }

  /// Waits until no keeper of this sandbox is left: what it watched has ended and is in its log.
  func keepersGone() throws {
    for pid in processes(named: "belay-keeper") { try Child.waitForEnd(of: pid) }
  }

  /// `/proc/PID/stat`.
  static func status(of pid: pid_t) -> String? { Files.text("/proc/\(pid)/stat") }

  private static func words(of path: String) -> [String] {
    (Files.text(path) ?? "").split(separator: "\0").map(String.init)
  }
}

/// What went wrong around a test, not in what it tests.
struct Trouble: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
