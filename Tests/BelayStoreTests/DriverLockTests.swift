import Glibc
import Testing

@testable import BelayStore

@Suite("The driver's lock") struct DriversLock {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("one drives; the second is told who and since when; let go, it can be taken again")
  func oneDrives() throws {
    #expect(DriverLock.driver(of: folder.path) == nil)
    do {
      let lock = try DriverLock.take(folder.path)
      #expect(lock.driver.pid == Int(getpid()))
      let error = #expect(throws: DriverError.self) { try DriverLock.take(folder.path) }
      #expect(error == .driven(lock.driver))
      #expect(error?.message.hasPrefix("driven by process \(getpid()) (") == true)
      #expect(DriverLock.driver(of: folder.path) == lock.driver)
    }
    #expect(DriverLock.driver(of: folder.path) == nil)
    _ = try DriverLock.take(folder.path)
    #expect(access(folder.path + "/drive.lock", F_OK) == 0)
  }

  @Test("a folder that is not there cannot be driven")
  func noFolder() {
    let error = #expect(throws: DriverError.self) { try DriverLock.take(folder.path + "/none") }
    guard case .unusable? = error else {
      Issue.record("not unusable: \(String(describing: error))")
      return
    }
  }
}

@Suite("Who holds a lock") struct LockHolders {
  @Test("this process is named and not stopped; one that is gone has no name")
  func holder() {
    let own = LockHolder(pid: Int(getpid()))
    #expect(!own.command.isEmpty)
    #expect(!own.isStopped)
    #expect(own.text == "process \(getpid()) (\(own.command))")
    #expect(LockHolder(pid: 0).text == "process 0")
  }
}
