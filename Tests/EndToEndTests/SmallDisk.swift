import Glibc
import TestFiles

/// A disk of a few MiB under a sandbox's store: a real one, a file system in memory, where the test may mount it. Where
/// it may not, one that is said to be full by the calls of `belay` themselves, by Tests/FaultyDisk.
final class SmallDisk {
  let sandbox: Sandbox
  private let folder: String
  let isReal: Bool

  /// With the script `./fill` in the project, which fills it.
  init(_ sandbox: Sandbox, size: String = "48m") throws {
    self.sandbox = sandbox
    folder = sandbox.home + "/.local/state"
    _ = try sandbox.execute(["/bin/mkdir", "-p", folder]).wait()
    isReal =
      try sandbox.execute(["/bin/mount", "-t", "tmpfs", "-o", "size=\(size),mode=700", "none", folder]).wait()
      .status
      == 0
    let fill = isReal ? "cat /dev/zero > \(folder)/fill 2>/dev/null || true" : "echo > \(folder)/fill"
    sandbox.write("#!/bin/bash\n\(fill)\n", to: "fill")
    chmod(sandbox.path("fill"), 0o700)
    print("a small disk: \(isReal ? "mounted" : "no right to mount, its calls are intercepted")")
  }

  deinit {
    guard isReal else { return }
    for process in sandbox.processes() { kill(process, SIGKILL) }
    _ = try? sandbox.execute(["/bin/umount", "-l", folder]).wait()
  }

  func belay(_ arguments: String...) throws -> End {
    try sandbox.start(
      arguments, variables: isReal ? [:] : try SmallDisk.variables(folder, after: .max), in: nil
    )
    .wait()
  }

  func makeRoom() { unlink(folder + "/fill") }

  // MARK: Without a mount

  /// For a program whose writes to the folder find the disk full once so many have taken room.
  static func variables(_ folder: String, after: Int, hard: Bool = false) throws -> [String: String] {
    ["LD_PRELOAD": try library.get(), "FAULTY_DISK": "\(folder):\(after)\(hard ? ":hard" : "")"]
  }

  private static let library: Result<String, Trouble> = {
    let target = libraryPath()
    // Made once for all tests of this process, and gone with it.
    atexit { unlink(libraryPath()) }
    let sources = String(#filePath.dropLast("/EndToEndTests/SmallDisk.swift".count)) + "/FaultyDisk"
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders = path.split(separator: ":")
    let compilers = ["cc", "clang", "gcc"].flatMap { name in folders.map { "\($0)/\(name)" } }
    guard let compiler = compilers.first(where: { access($0, X_OK) == 0 }) else {
      return .failure(Trouble("no C compiler in PATH"))
    }
    let command = [
      compiler, "-shared", "-fPIC", "-O1", "-I\(sources)/include", "-o", target, "\(sources)/faultydisk.c",
      "\(sources)/preload.c", "-ldl",
    ]
    let errors = target + ".errors"
    defer { unlink(errors) }
    let end = try? Child(command, in: "/", environment: ["PATH=\(path)"], output: "/dev/null", error: errors)
      .wait()
    guard let end, end.status == 0 else {
      return .failure(Trouble("\(command): \(Files.text(errors) ?? "")"))
    }
    return .success(target)
  }()
}

private func libraryPath() -> String { "/tmp/libfaultydisk.\(getpid()).so" }
