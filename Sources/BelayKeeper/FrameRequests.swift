// Requests and events as frames, both ways.

extension KeeperRequest {
  var frame: [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .secrets(let values):
      writer.append(texts: values)
      return Frame.bytes(.secrets, writer)
    case .spawn(let request):
      request.append(to: &writer)
      return Frame.bytes(.spawn, writer)
    case .stop(let attempt, let reason):
      attempt.append(to: &writer)
      writer.append(text: reason)
      return Frame.bytes(.stop, writer)
    case .leave: return Frame.bytes(.leave, writer)
    }
  }

  init(_ kind: Frame.Kind, _ reader: inout ByteReader) throws(KeeperError) {
    switch kind {
    case .secrets: self = .secrets(try reader.texts())
    case .spawn: self = .spawn(try SpawnRequest(&reader))
    case .stop: self = .stop(try AttemptID(&reader), reason: try reader.text())
    case .leave: self = .leave
    case .hello, .welcome, .denied, .started, .finished, .refused, .usedBefore, .noSpace:
      throw .garbled("\(kind) is no request")
    }
  }
}

extension KeeperEvent {
  var frame: [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .started(let attempt, let start):
      attempt.append(to: &writer)
      writer.append(start.time)
      writer.append(sized: start.payload)
      return Frame.bytes(.started, writer)
    case .finished(let attempt, let exit):
      let detail = exit.detail
      attempt.append(to: &writer)
      writer.append(exit.time)
      writer.append(sized: exit.payload(detail: detail, parts: 1))
      writer.append(sized: detail)
      return Frame.bytes(.finished, writer)
    case .refused(let attempt, let reason):
      attempt.append(to: &writer)
      writer.append(text: reason)
      return Frame.bytes(.refused, writer)
    case .usedBefore(let attempt, let reason):
      attempt.append(to: &writer)
      writer.append(text: reason)
      return Frame.bytes(.usedBefore, writer)
    case .noSpace(let attempt, let reason):
      attempt.append(to: &writer)
      writer.append(text: reason)
      return Frame.bytes(.noSpace, writer)
    }
  }

  init(_ kind: Frame.Kind, _ reader: inout ByteReader) throws(KeeperError) {
    switch kind {
    case .started:
      let attempt = try AttemptID(&reader)
      let time: UInt64 = try reader.integer()
      self = .started(attempt, try StartRecord(payload: try reader.sized(), time: time))
    case .finished:
      let attempt = try AttemptID(&reader)
      let time: UInt64 = try reader.integer()
      let payload = try reader.sized()
      self = .finished(
        attempt,
        try ExitRecord(payload: payload, attempt: attempt, time: time, parts: [try reader.sized()]))
    case .refused: self = .refused(try AttemptID(&reader), reason: try reader.text())
    case .usedBefore: self = .usedBefore(try AttemptID(&reader), reason: try reader.text())
    case .noSpace: self = .noSpace(try AttemptID(&reader), reason: try reader.text())
    case .hello, .secrets, .spawn, .stop, .leave, .welcome, .denied: throw .garbled("\(kind) is no event")
    }
  }
}

extension AttemptID {
  func append(to writer: inout ByteWriter) {
    writer.append(epoch)
    writer.append(sequence)
  }

  init(_ reader: inout ByteReader) throws(KeeperError) {
    self.init(epoch: try reader.integer(), sequence: try reader.integer())
  }
}

extension SpawnRequest {
  private static let sensitiveFlag: UInt8 = 1
  private static let inputFlag: UInt8 = 2

  func append(to writer: inout ByteWriter) {
    attempt.append(to: &writer)
    writer.append((sensitive ? SpawnRequest.sensitiveFlag : 0) | (input == nil ? 0 : SpawnRequest.inputFlag))
    writer.append(timeout ?? .max)
    writer.append(grace)
    for limit in [limits.inline, limits.head, limits.tail] { writer.append(limit) }
    writer.append(texts: arguments)
    writer.append(texts: environment)
    writer.append(text: workingDirectory)
    writer.append(sized: input ?? [])
  }

  init(_ reader: inout ByteReader) throws(KeeperError) {
    let attempt = try AttemptID(&reader)
    let flags: UInt8 = try reader.integer()
    let timeout: UInt64 = try reader.integer()
    let grace: UInt64 = try reader.integer()
    let limits = OutputLimits(
      inline: try reader.integer(), head: try reader.integer(), tail: try reader.integer())
    self.init(
      attempt: attempt, arguments: try reader.texts(), environment: try reader.texts(),
      workingDirectory: try reader.text(), timeout: timeout == .max ? nil : timeout, grace: grace,
      limits: limits, sensitive: flags & SpawnRequest.sensitiveFlag != 0)
    let input = try reader.sized()
    self.input = flags & SpawnRequest.inputFlag != 0 ? input : nil
  }
}
