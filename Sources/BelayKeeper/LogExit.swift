internal import BelayDigest

/// The two streams of a process, and what their files are called in the run's folder.
enum OutputStream: UInt8, CaseIterable {
  case stdout = 0
  case stderr = 1

  func file(of attempt: AttemptID) -> String { "output/\(attempt).\(self == .stdout ? "stdout" : "stderr")" }
}

// `X` and the detail in its `P` records, both ways. The same bytes go over the socket.
extension ExitRecord {
  private enum Tag {
    static let output: [OutputStream: UInt8] = [.stdout: 1, .stderr: 2]
    static let fileDigest: [OutputStream: UInt8] = [.stdout: 7, .stderr: 8]
    static let leftRunning: UInt8 = 3
    static let notStopped: UInt8 = 4
    static let failure: UInt8 = 5
    static let reason: UInt8 = 6
  }

  // MARK: Writing

  /// The payload of `X`, for a detail of so many `P` records.
  func payload(detail: [UInt8], parts: Int) -> [UInt8] {
    var writer = ByteWriter()
    let (kind, core, code): (UInt8, Bool, Int32) =
      switch ending {
      case .exited(let code): (1, false, code)
      case .signalled(let signal, let core): (2, core, signal)
      case .notStarted(let code, _): (3, false, code)
      case .stillRunning: (4, false, 0)
      case .unobserved: (5, false, 0)
      }
    writer.append(kind)
    writer.append(UInt8(core ? 1 : 0))
    writer.append(stopped?.code ?? 0)
    writer.append(UInt8(0))
    writer.append(code)
    for number in [duration, usage.user, usage.system, usage.peakMemory] { writer.append(number) }
    writer.append(UInt32(parts))
    writer.append(UInt32(detail.count))
    writer.append(CRC32C.checksum(detail))
    writer.append(UInt32(0))
    stdout.append(to: &writer)
    stderr.append(to: &writer)
    return writer.bytes
  }

  var detail: [UInt8] {
    var writer = ByteWriter()
    func section(_ tag: UInt8?, _ bytes: some Collection<UInt8>) {
      guard let tag, !bytes.isEmpty else { return }
      writer.append(tag)
      writer.append(sized: bytes)
    }
    for (stream, record) in [(OutputStream.stdout, stdout), (.stderr, stderr)] {
      switch record.place {
      case .nowhere: break
      case .inline(let bytes): section(Tag.output[stream], bytes)
      case .file(_, _, let digest):
        if digest != record.digest { section(Tag.fileDigest[stream], digest.bytes) }
      }
    }
    section(Tag.leftRunning, leftRunning.joined(separator: "\n").utf8)
    section(Tag.notStopped, notStopped.joined(separator: "\n").utf8)
    if case .notStarted(_, let words) = ending { section(Tag.failure, words.utf8) }
    if case .asked(let reason)? = stopped { section(Tag.reason, reason.utf8) }
    return writer.bytes
  }

  /// The slots of the record: its parts, then itself.
  func slots(of attempt: AttemptID, monotonic: UInt64) -> [LogSlot] {
    let detail = detail
    let pieces = stride(from: 0, to: detail.count, by: LogSlot.payloadLimit).map {
      Array(detail[$0..<min($0 + LogSlot.payloadLimit, detail.count)])
    }
    func slot(_ kind: LogSlot.Kind, _ payload: [UInt8]) -> LogSlot {
      LogSlot(kind: kind, attempt: attempt, time: time, monotonic: monotonic, payload: payload)
    }
    return pieces.map { slot(.part, $0) } + [slot(.exited, payload(detail: detail, parts: pieces.count))]
  }

  // MARK: Reading

  /// - Parameter parts: the payloads of the `P` records of the same attempt right before it.
  init(_ slot: LogSlot, parts: [[UInt8]]) throws(KeeperError) {
    try self.init(payload: slot.payload, attempt: slot.attempt, time: slot.time, parts: parts)
  }

  init(payload: [UInt8], attempt: AttemptID, time: UInt64, parts: [[UInt8]]) throws(KeeperError) {
    var reader = ByteReader(payload)
    let kind: UInt8 = try reader.integer()
    let core: UInt8 = try reader.integer()
    let cause: UInt8 = try reader.integer()
    let _: UInt8 = try reader.integer()
    let code: Int32 = try reader.integer()
    let duration: UInt64 = try reader.integer()
    var usage = ResourceUse()
    usage.user = try reader.integer()
    usage.system = try reader.integer()
    usage.peakMemory = try reader.integer()
    let partCount: UInt32 = try reader.integer()
    let length: UInt32 = try reader.integer()
    let checksum: UInt32 = try reader.integer()
    let _: UInt32 = try reader.integer()
    let detail = parts.suffix(Int(partCount)).reduce(into: [UInt8]()) { $0 += $1 }
    let isWhole =
      parts.count >= partCount && detail.count == length && CRC32C.checksum(detail) == checksum
    let sections = isWhole ? try ExitRecord.sections(detail) : nil
    func text(_ tag: UInt8) -> String { String(decoding: sections?[tag] ?? [], as: UTF8.self) }
    func lines(_ tag: UInt8) -> [String] { text(tag).split(separator: "\n").map(String.init) }
    func stream(_ stream: OutputStream, _ reader: inout ByteReader) throws(KeeperError) -> StreamRecord {
      try StreamRecord(
        &reader, path: stream.file(of: attempt),
        inline: sections.map { $0[Tag.output[stream] ?? 0] ?? [] },
        fileDigest: sections.map { $0[Tag.fileDigest[stream] ?? 0] ?? [] })
    }
    guard let ending = Ending(kind: kind, core: core, code: code, words: text(Tag.failure)) else {
      throw .garbled("an exit of kind \(kind)")
    }
    self.init(
      ending: ending, stopped: StopCause(code: cause, reason: text(Tag.reason)), duration: duration,
      usage: usage, stdout: try stream(.stdout, &reader), stderr: try stream(.stderr, &reader),
      leftRunning: lines(Tag.leftRunning), notStopped: lines(Tag.notStopped), time: time)
  }

  private static func sections(_ detail: [UInt8]) throws(KeeperError) -> [UInt8: [UInt8]] {
    var sections: [UInt8: [UInt8]] = [:]
    var reader = ByteReader(detail)
    while reader.remaining > 0 {
      let tag: UInt8 = try reader.integer()
      sections[tag] = try reader.sized()
    }
    return sections
  }
}

extension ExitRecord.Ending {
  fileprivate init?(kind: UInt8, core: UInt8, code: Int32, words: String) {
    switch kind {
    case 1: self = .exited(code)
    case 2: self = .signalled(code, core: core == 1)
    case 3: self = .notStarted(code, words)
    case 4: self = .stillRunning
    case 5: self = .unobserved
    default: return nil
    }
  }
}

extension StreamRecord {
  private enum Where {
    static let nowhere: UInt8 = 0
    static let detail: UInt8 = 1
    static let file: UInt8 = 2
  }

  private enum Flag {
    static let truncated: UInt8 = 1
    static let durable: UInt8 = 2
    static let heldOpen: UInt8 = 4
  }

  fileprivate func append(to writer: inout ByteWriter) {
    let (kept, place): (UInt64, UInt8) =
      switch self.place {
      case .nowhere: (0, Where.nowhere)
      case .inline(let bytes): (UInt64(bytes.count), Where.detail)
      case .file(_, let bytes, _): (bytes, Where.file)
      }
    var flags: UInt8 = 0
    if truncated { flags |= Flag.truncated }
    if durable { flags |= Flag.durable }
    if heldOpen { flags |= Flag.heldOpen }
    writer.append(bytes)
    writer.append(kept)
    for byte in [place, flags, missing?.rawValue ?? 0] { writer.append(byte) }
    writer.bytes += repeatElement(0, count: 5)
    writer.bytes += digest?.bytes ?? [UInt8](repeating: 0, count: Digest.byteCount)
  }

  /// - Parameters:
  ///   - inline: what the detail has of it; nil: the detail is damaged.
  ///   - fileDigest: likewise; empty: the stream's.
  fileprivate init(
    _ reader: inout ByteReader, path: String, inline: [UInt8]?, fileDigest: [UInt8]?
  ) throws(KeeperError) {
    bytes = try reader.integer()
    let kept: UInt64 = try reader.integer()
    let location: UInt8 = try reader.integer()
    let flags: UInt8 = try reader.integer()
    missing = Missing(rawValue: try reader.integer())
    _ = try reader.bytes(5)
    digest = Digest(bytes: try reader.bytes(Digest.byteCount))
    if missing == .sensitive || missing == .unobserved { digest = nil }
    truncated = flags & Flag.truncated != 0
    durable = flags & Flag.durable != 0
    heldOpen = flags & Flag.heldOpen != 0
    switch (location, inline, fileDigest) {
    case (Where.detail, let inline?, _): place = .inline(inline)
    case (Where.file, _, let fileDigest?):
      guard let digest = Digest(bytes: fileDigest) ?? digest else { return }
      place = .file(path, bytes: kept, digest: digest)
    case (Where.nowhere, _, _): break
    default:
      missing = .recordDamaged
      truncated = true
    }
  }
}
