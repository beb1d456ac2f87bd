// The payloads of keeper.log's short records, both ways.

extension AcceptRecord {
  private static let sensitiveFlag: UInt32 = 1

  var payload: [UInt8] {
    var writer = ByteWriter()
    writer.append(sensitive ? AcceptRecord.sensitiveFlag : 0)
    writer.append(timeout ?? .max)
    writer.append(grace)
    writer.append(space)
    return writer.bytes
  }

  init(_ slot: LogSlot) throws(KeeperError) {
    var reader = ByteReader(slot.payload)
    let flags: UInt32 = try reader.integer()
    let timeout: UInt64 = try reader.integer()
    self.init(
      space: ProcessSpace(bootID: [], namespace: 0), timeout: timeout == .max ? nil : timeout,
      grace: try reader.integer(), sensitive: flags & AcceptRecord.sensitiveFlag != 0, time: slot.time)
    space = try reader.space()
  }
}

extension StartRecord {
  var payload: [UInt8] {
    var writer = ByteWriter()
    writer.append(pid)
    writer.append(session)
    writer.append(startedBetween.lowerBound)
    writer.append(startedBetween.upperBound)
    writer.append(space)
    return writer.bytes
  }

  init(_ slot: LogSlot) throws(KeeperError) {
    try self.init(payload: slot.payload, time: slot.time)
  }

  init(payload: [UInt8], time: UInt64) throws(KeeperError) {
    var reader = ByteReader(payload)
    let pid: Int32 = try reader.integer()
    let session: Int32 = try reader.integer()
    let before: UInt64 = try reader.integer()
    let after: UInt64 = try reader.integer()
    guard before <= after else { throw .garbled("a start that ended before it began") }
    self.init(
      pid: pid, session: session, space: try reader.space(), startedBetween: before...after, time: time)
  }
}

extension StopCause {
  /// 0 is no cause.
  var code: UInt8 {
    switch self {
    case .timeout: 1
    case .asked: 2
    }
  }

  var reason: String {
    switch self {
    case .timeout: ""
    case .asked(let reason): reason
    }
  }

  init?(code: UInt8, reason: String) {
    switch code {
    case 1: self = .timeout
    case 2: self = .asked(reason)
    default: return nil
    }
  }
}

extension SignalRecord {
  private static let reasonLimit = 150

  var payload: [UInt8] {
    var writer = ByteWriter()
    writer.append(signal)
    writer.append(cause.code)
    writer.append(short: cause.reason, limit: SignalRecord.reasonLimit)
    return writer.bytes
  }

  init(_ slot: LogSlot) throws(KeeperError) {
    var reader = ByteReader(slot.payload)
    let signal: Int32 = try reader.integer()
    guard let cause = StopCause(code: try reader.integer(), reason: try reader.short()) else {
      throw .garbled("a signal without a cause")
    }
    self.init(signal: signal, cause: cause, time: slot.time)
  }
}

/// `B`: a keeper has the run.
struct BegunRecord: Hashable {
  var pid: Int32
  var space: ProcessSpace
  var version: String
  var run: String

  static let versionLimit = 60
  static let runLimit = 100

  var payload: [UInt8] {
    var writer = ByteWriter()
    writer.append(pid)
    writer.append(Frame.protocolNumber)
    writer.append(space)
    writer.append(short: version, limit: BegunRecord.versionLimit)
    writer.append(short: run, limit: BegunRecord.runLimit)
    return writer.bytes
  }
}

/// `N`: an engine drives.
struct DrivenRecord: Hashable {
  var pid: Int32
  var space: ProcessSpace

  var payload: [UInt8] {
    var writer = ByteWriter()
    writer.append(pid)
    writer.append(space)
    return writer.bytes
  }

  init(pid: Int32, space: ProcessSpace) {
    self.pid = pid
    self.space = space
  }

  init(_ slot: LogSlot) throws(KeeperError) {
    var reader = ByteReader(slot.payload)
    self.init(pid: try reader.integer(), space: try reader.space())
  }
}
