import Glibc
import Testing

@testable import BelayKeeper

@Suite("What the keeper starts") struct StartedProcesses {
  private let folder: RunFolder
  private let keeping: Keeping

  init() throws {
    folder = try RunFolder()
    keeping = try folder.launch()
  }

  @Test("a process starts and ends, and its log says so")
  func plain() throws {
    let id = try keeping.spawn(["true"])
    let start = try keeping.start(of: id)
    let exit = try keeping.end(of: id)
    #expect(start.session == start.pid)
    #expect(exit.ending == .exited(0))
    #expect(exit.stdout.bytes == 0)
    #expect(exit.stdout.place == .nowhere)
    #expect(exit.leftRunning == [])
    try keeping.connection.send(.leave)
    let records = try folder.recordsAfterEnd()
    #expect(records.attempts[id]?.exited == exit)
    #expect(records.attempts[id]?.started == start)
    #expect(records.damaged == 0)
    // Nothing but these: a step that says nothing makes no file.
    #expect(folder.files() == ["keeper.lock", "keeper.log"])
  }

  @Test("exit status, signal and output arrive")
  func ends() throws {
    let seven = try keeping.sh("echo out; echo err >&2; exit 7")
    let killed = try keeping.sh("kill -KILL $$")
    let exit = try keeping.end(of: seven)
    #expect(exit.ending == .exited(7))
    #expect(exit.stdout.text == "out\n")
    #expect(exit.stderr.text == "err\n")
    #expect(try keeping.end(of: killed).ending == .signalled(SIGKILL, core: false))
  }
}
