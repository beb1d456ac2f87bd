import Glibc
import Testing

@testable import BelayKeeper

@Suite("A keeper of very many steps", .serialized) struct Endurance {
  /// Ten thousand for `make endure`.
  private static let steps = getenv("BELAY_ENDURE") == nil ? 1000 : 10_000

  @Test("thousands of steps leave no zombie, no open file and no memory behind")
  func many() throws {
    let folder = try RunFolder(run: "endurance-\(getpid())")
    let keeping = try folder.launch()
    let keeper = keeping.connection.keeperPid
    func run(_ count: Int) throws {
      for _ in 0..<(count / 20) {
        let ids = try (0..<20).map { _ in try keeping.spawn(["/bin/true"]) }
        for id in ids { #expect(try keeping.end(of: id).ending == .exited(0)) }
      }
    }
    try run(Endurance.steps / 5)
    let files = openFiles(of: keeper)
    let early = try memory(of: keeper)
    try run(Endurance.steps / 5 * 4)
    let late = try memory(of: keeper)
    print(
      "keeper's resident memory: \(early) KiB after \(Endurance.steps / 5) steps,",
      "\(late) KiB after \(Endurance.steps)")
    #expect(openFiles(of: keeper) == files)
    #expect(!ProcessTable.all().contains { $0.parent == keeper })
    #expect(late - early < 1024)
  }

  /// KiB.
  private func memory(of pid: Int32) throws -> Int {
    let text = String(decoding: try SmallRead.bytes(of: "/proc/\(pid)/status", limit: 1 << 14), as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
  }
}
