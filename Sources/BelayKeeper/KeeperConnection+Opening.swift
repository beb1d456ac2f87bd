internal import CSystem
internal import Glibc

extension KeeperConnection {
  /// Until a keeper answers; nanoseconds.
  private static let patience: UInt64 = 10_000_000_000
  /// Of the first answer, in bytes.
  private static let longestAnswer = 1 << 20

  /// Starts a keeper and greets it.
  ///
  /// - Parameters:
  ///   - runFolder: exists, mode 0700; keeper.lock, keeper.log, keeper.sock and output/ live in it.
  ///   - run: its name, at most 100 bytes.
  ///   - epoch: the driver's, of the names of its attempts.
  ///   - executable: the program `belay-keeper`; absolute.
  ///   - version: the build's; the keeper's must be the same.
  public static func launch(
    runFolder: String, run: String, epoch: UInt32, executable: String, version: String
  ) throws(KeeperError) -> KeeperConnection {
    guard run.utf8.count <= BegunRecord.runLimit, !run.utf8.contains(0) else { throw .tooLarge }
    let (ours, pid) = try start(executable, run: run, in: runFolder)
    do throws(KeeperError) {
      let welcome = try greet(ours, Hello(run: run, epoch: epoch, version: version))
      guard welcome.version == version else { throw .versions(ours: version, theirs: welcome.version) }
      return KeeperConnection(ours, welcome, isChild: true)
    } catch {
      var status: Int32 = 0
      waitpid(pid, &status, WNOHANG)
      guard error == .gone else { throw error }
      throw .refused("\(executable) ended at its start")
    }
  }

  /// Finds the keeper of a driver before this one, or what it left. The caller has the run's driver lock.
  ///
  /// A keeper that lives closes the former engine's connection first and throws away what was queued in it. It may be of
  /// another build, if it speaks our protocol: a run is not given up for an upgrade.
  public static func attach(
    runFolder: String, run: String, epoch: UInt32, version: String
  ) throws(KeeperError) -> KeeperAttachment {
    let log = runFolder + "/" + Keeper.logName
    let until = now(CLOCK_MONOTONIC) + patience
    let folder: Descriptor
    do { folder = try Descriptor(opening: runFolder, O_PATH | O_DIRECTORY) } catch .system(_, _, ENOENT) {
      return .gone(KeeperRecords())
    }
    // sun_path holds 108 bytes only (unix(7)); the run's folder may lie deeper.
    let place = "/proc/self/fd/\(folder.number)/\(Keeper.socketName)"
    while try keeperLives(runFolder) {
      if let socket = try LocalSocket.connect(place) {
        do throws(KeeperError) {
          let welcome = try greet(socket, Hello(run: run, epoch: epoch, version: version))
          let records = try KeeperRecords(log: log, of: welcome)
          return .alive(KeeperConnection(socket, welcome, isChild: false), records)
        } catch {
          // It was leaving: next time the lock is free.
          guard error == .gone else { throw error }
        }
      }
      // It is just starting, or leaving.
      guard now(CLOCK_MONOTONIC) < until else { throw .silent }
      poll(nil, 0, 2)
    }
    withExtendedLifetime(folder) {}
    return .gone(try KeeperRecords(log: log))
  }

  /// Whether somebody holds the keeper's lock in a run's folder.
  private static func keeperLives(_ runFolder: String) throws(KeeperError) -> Bool {
    do throws(KeeperError) {
      let lock = try Descriptor(opening: runFolder + "/" + Keeper.lockName, O_RDONLY | O_NOFOLLOW)
      return !lock.lockIfFree()
    } catch {
      guard case .system(_, _, ENOENT) = error else { throw error }
      return false
    }
  }

  /// The keeper's end is closed here when this returns: held open, it would hide that the keeper has died.
  private static func start(
    _ executable: String, run: String, in folder: String
  ) throws(KeeperError) -> (ours: Descriptor, pid: Int32) {
    let (ours, theirs) = try LocalSocket.pair()
    let null = try Descriptor(opening: "/dev/null", O_RDWR)
    // Nothing of the caller's surroundings: what a step gets comes with its request. Where the Swift runtime lies is
    // the one thing that the program itself may need.
    var environment = ["SWIFT_BACKTRACE=enable=no"]
    if let path = getenv("LD_LIBRARY_PATH") { environment.append("LD_LIBRARY_PATH=" + String(cString: path)) }
    var pid: pid_t = 0
    let code = withExtendedLifetime((null, theirs)) {
      withCStrings([executable, run]) { arguments in
        withCStrings(environment) { environment in
          executable.withCString { path in
            folder.withCString { folder in
              var process = belay_process(
                path: path, arguments: arguments, environment: environment, working_directory: folder,
                input: null.number, output: null.number, error: null.number, extra: theirs.number)
              return belay_spawn(&process, &pid)
            }
          }
        }
      }
    }
    guard code == 0 else { throw .system(call: "start", path: executable, code: code) }
    return (ours, pid)
  }

  // MARK: The first words

  private static func greet(_ socket: Descriptor, _ hello: Hello) throws(KeeperError) -> Welcome {
    guard let link = EngineLink(socket) else { throw .refused("another user's process listens there") }
    let until = now(CLOCK_MONOTONIC) + patience
    link.send(hello.frame)
    link.flush()
    // Not a byte more is taken than the answer has: what follows it belongs to `receive`.
    var header = ByteReader(try read(4, from: socket, until: until))
    let length: UInt32 = try header.integer()
    guard length >= 1, length <= longestAnswer else { throw .garbled("an answer of \(length) bytes") }
    let frame = try read(Int(length), from: socket, until: until)
    var reader = ByteReader(Array(frame.dropFirst()))
    switch Frame.Kind(rawValue: frame[0]) {
    case .denied: throw .refused(try reader.text())
    case .welcome: break
    default: throw .garbled("an answer of kind \(frame[0])")
    }
    let welcome = try Welcome(&reader)
    guard welcome.protocolNumber == Frame.protocolNumber else {
      throw .versions(ours: hello.version, theirs: welcome.version)
    }
    return welcome
  }

  private static func read(
    _ count: Int, from socket: Descriptor, until: UInt64
  ) throws(KeeperError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let got = recv(socket.number, &piece, count - bytes.count, 0)
      if got > 0 {
        bytes += piece[..<got]
      } else if got == 0 || (errno != EAGAIN && errno != EINTR) {
        throw .gone
      } else {
        let time = now(CLOCK_MONOTONIC)
        guard time < until else { throw .silent }
        var wanted = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
        poll(&wanted, 1, Int32(clamping: (until - time) / 1_000_000 + 1))
      }
    }
    return bytes
  }
}
