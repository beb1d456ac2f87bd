internal import BelayDigest

/// One output stream of one attempt on its way: masked, counted, digested, kept within limits.
final class StreamKeeper {
  private enum Store {
    case small
    case file(KeptFile)
    case nothing(StreamRecord.Missing)
  }

  /// Of a sensitive stream, which stays in memory on its way to the engine.
  private static let sensitiveLimit = 1 << 20
  /// Pieces smaller than this are gathered before they go to the file.
  private static let gathered = 16 << 10
  static let emptyDigest = SHA256.digest([])

  private let attempt: AttemptID
  private let stream: OutputStream
  private let limits: OutputLimits
  private let sensitive: Bool
  private let folder: OutputFolder
  private let masker: Masker
  /// Nil for a sensitive one.
  private let live: LiveOutput?
  private var hash: SHA256?
  private var count: UInt64 = 0
  private var store = Store.small
  /// What is small so far, or waits to be written.
  private var buffer: [UInt8] = []
  private var isCut = false

  init(
    _ stream: OutputStream, of attempt: AttemptID, limits: OutputLimits, sensitive: Bool,
    patterns: MaskPatterns, folder: OutputFolder, live: LiveOutput? = nil
  ) {
    self.attempt = attempt
    self.stream = stream
    self.limits = limits
    self.sensitive = sensitive
    self.folder = folder
    masker = Masker(patterns)
    self.live = live
  }

  private var inlineLimit: Int {
    sensitive
      ? min(Int(limits.head) + Int(limits.tail), StreamKeeper.sensitiveLimit)
      : min(Int(limits.inline), OutputLimits.largestInline)
  }

  func take(_ bytes: UnsafeRawBufferPointer) {
    masker.write(bytes) { keep($0) }
    flush()
  }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    count += UInt64(bytes.count)
    live?.take(bytes)
    if !sensitive {
      let hash = self.hash ?? SHA256()
      self.hash = hash
      hash.update(bytes)
    }
    switch store {
    case .small:
      if buffer.count + bytes.count <= inlineLimit {
        buffer.append(contentsOf: bytes)
      } else if sensitive {
        buffer.append(contentsOf: bytes.prefix(inlineLimit - buffer.count))
        isCut = true
      } else {
        spill()
        keepMore(bytes)
      }
    case .file: keepMore(bytes)
    case .nothing: break
    }
  }

  private func spill() {
    do {
      store = .file(try folder.open(stream, of: attempt, limits: limits))
    } catch { lose(error) }
  }

  private func keepMore(_ bytes: UnsafeRawBufferPointer) {
    guard case .file(let file) = store else { return }
    if bytes.count < StreamKeeper.gathered {
      buffer.append(contentsOf: bytes)
      if buffer.count >= StreamKeeper.gathered { flush() }
      return
    }
    flush()
    do { try file.write(bytes) } catch { lose(error) }
  }

  private func flush() {
    guard case .file(let file) = store, !buffer.isEmpty else { return }
    var failure: StreamRecord.Missing?
    buffer.withUnsafeBytes { bytes in
      do throws(StreamRecord.Missing) { try file.write(bytes) } catch { failure = error }
    }
    buffer.removeAll(keepingCapacity: true)
    if let failure { lose(failure) }
  }

  private func lose(_ reason: StreamRecord.Missing) {
    if case .file = store { folder.settle(limits, size: 0) }
    store = .nothing(reason)
    buffer = []
  }

  /// The stream has ended, or nobody listens any longer.
  func finish(heldOpen: Bool) -> StreamRecord {
    masker.finish(isCut: heldOpen) { keep($0) }
    flush()
    var record = StreamRecord()
    record.bytes = count
    record.heldOpen = heldOpen
    if sensitive { record.missing = .sensitive } else { record.digest = digest() }
    place(&record)
    return record
  }

  private func digest() -> Digest { hash?.finalize() ?? StreamKeeper.emptyDigest }

  private func place(_ record: inout StreamRecord) {
    if case .file(let file) = store, let whole = record.digest {
      do {
        let (bytes, digest, durable) = try file.finish(whole: whole)
        folder.settle(limits, size: bytes)
        record.place = .file(stream.file(of: attempt), bytes: bytes, digest: digest)
        record.durable = folder.sync() && durable
        record.truncated = count > UInt64(limits.head) + UInt64(limits.tail)
      } catch { lose(error) }
    }
    switch store {
    case .small:
      if !buffer.isEmpty { record.place = .inline(buffer) }
      record.truncated = isCut
    case .file: break
    case .nothing(let reason):
      record.missing = reason
      record.truncated = true
    }
  }
}
