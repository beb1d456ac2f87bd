import BelayJournal
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

@Suite("The store's lock") struct TheStoresLock {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var isSuspendBlocked: Bool {
    var mask = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &mask)
    return sigismember(&mask, SIGTSTP) == 1
  }

  @Test("while it is held Ctrl-Z waits, the holder's pid stands in the file, and nobody else gets it")
  func held() throws {
    let path = folder.path + "/store.lock"
    let lock = try StoreLock(path: path) { _ in }
    let second = try StoreLock(path: path) { _ in }
    let before = isSuspendBlocked
    try lock.held { () throws(StoreError) in
      #expect(isSuspendBlocked)
      #expect(StoreLock.holder(path: path)?.pid == Int(getpid()))
      #expect(try second.heldIfFree { () throws(StoreError) in true } == nil)
    }
    #expect(isSuspendBlocked == before)
    #expect(try second.heldIfFree { () throws(StoreError) in true } == true)
    #expect(throws: StoreError.fenced("x")) { try lock.held { () throws(StoreError) in throw .fenced("x") } }
    #expect(try second.heldIfFree { () throws(StoreError) in true } == true)
  }
}
