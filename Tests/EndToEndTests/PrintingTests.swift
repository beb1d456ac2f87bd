import Glibc
import Testing

@Suite("What a command prints") struct Printing {
  private static let playbook = """
    belay: 1
    steps:
      - step: a
        run: echo a; touch ran
        rollback: nothing
    """

  @Test("is all that some commands are for: what cannot be written is said, exit 9")
  func full() throws {
    let sandbox = try Sandbox(["one": Printing.playbook])
    try sandbox.belay("run", "one")
    for redirection in [">/dev/full", ">&-"] {
      for command in [
        "list", "show one", "plan one", "run one --dry-run", "runs", "status last", "logs last",
        "audit verify",
        "audit show last", "audit export", "validate", "doctor", "--help", "status last --format json",
      ] {
        let end = try sandbox.execute(["/bin/bash", "-c", "belay \(command) \(redirection)"]).wait()
        #expect(
          end.status == 9 && end.error.hasPrefix("belay: stdout cannot be written: "), "\(command): \(end)")
      }
    }
  }

  @Test("stops no run, whoever reads it or cannot")
  func unread() throws {
    let sandbox = try Sandbox(["one": Printing.playbook])
    for redirection in [">/dev/full", ">&-", "2>&- >&-", "| :"] {
      unlink(sandbox.path("ran"))
      let end = try sandbox.execute(
        ["/bin/bash", "-c", "set -o pipefail; belay run one \(redirection)"]
      ).wait()
      #expect(end.status == 0 && sandbox.exists("ran"), "\(redirection): \(end)")
    }
    let end = try sandbox.belay("audit", "verify")
    #expect(end.status == 0, "\(end)")
  }

  private static let colourful = """
    belay: 1
    title: "T\\e[2Jitle\\u202E"
    description: "D\\e[2Jescription"
    steps:
      - step: a
        title: "S\\e[2Jtep"
        run: "printf '\\\\033[31mred\\\\033[0m\\\\r\\\\n\\\\tfew\\\\a\\\\n' # \\e[2J"
        rollback: nothing
    """

  @Test("on a terminal is moved by nothing that a step or a file says; elsewhere logs are what was printed")
  func terminal() throws {
    let sandbox = try Sandbox(["one": Printing.colourful])
    #expect(try sandbox.belay("run", "one").status == 0)
    #expect(try sandbox.belay("logs", "last").output.contains("\u{1B}[31mred\u{1B}[0m\r\n\tfew\u{7}\n"))
    for command in ["logs last", "show one", "list", "plan one", "run one --dry-run", "status last", "runs"] {
      let end = try onTerminal(command, in: sandbox)
      #expect(
        !end.output.contains { $0 == "\u{1B}" || $0 == "\u{7}" || $0 == "\u{202E}" }, "\(command): \(end)")
    }
    let logs = try onTerminal("logs last", in: sandbox)
    #expect(logs.output.contains("^[[31mred^[[0m^M\n\tfew^G\n"), "\(logs)")
  }

  /// What a terminal of its own is sent, without the carriage returns that the terminal adds.
  private func onTerminal(_ command: String, in sandbox: Sandbox) throws -> End {
    let terminal = """
      import os, pty, sys
      child, master = pty.fork()
      if child == 0:
          os.execvp("belay", ["belay"] + sys.argv[1:])
      sent = b""
      try:
          while data := os.read(master, 4096):
              sent += data
      except OSError:
          pass
      os.waitpid(child, 0)
      sys.stdout.buffer.write(sent.replace(b"\\r\\n", b"\\n"))
      """
    let words = command.split(separator: " ").map(String.init)
    return try sandbox.execute(["/usr/bin/python3", "-c", terminal] + words).wait()
  }
}
