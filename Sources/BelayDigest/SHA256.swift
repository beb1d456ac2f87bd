private import CCrypto

/// A SHA-256 digest: 32 bytes, shown as 64 lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  public static let byteCount = 32

  public let bytes: [UInt8]

  /// - Parameter bytes: exactly ``byteCount`` bytes, or nil is returned.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Digest.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Reads 64 hexadecimal digits of either case.
  public init?(hex text: some StringProtocol) {
    guard let bytes = [UInt8](hex: text), let digest = Digest(bytes: bytes) else { return nil }
    self = digest
  }

  public var description: String { bytes.hex }
}

/// SHA-256 over bytes that arrive in pieces.
///
/// One context is owned by one value and freed with it; not shared between threads.
/// - Source: FIPS 180-4; EVP_DigestUpdate(3).
public final class SHA256 {
  private var context: OpaquePointer

  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto offers no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  public func update(_ bytes: some Sequence<UInt8>) {
    let used: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if used == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  public func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    EVP_DigestUpdate(context, base, bytes.count)
  }

  /// The digest of everything since the start or the last call; the context starts anew.
  public func finalize() -> Digest {
    var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
    EVP_DigestFinal_ex(context, &bytes, nil)
    EVP_DigestInit_ex(context, nil, nil)
    guard let digest = Digest(bytes: bytes) else { preconditionFailure("SHA-256 is 32 bytes") }
    return digest
  }

  /// The digest of one piece.
  public static func digest(_ bytes: some Sequence<UInt8>) -> Digest {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }
}
