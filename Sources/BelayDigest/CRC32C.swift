/// CRC-32C (Castagnoli), for records whose damage by accident must be seen: torn writes, cut files.
///
/// - Source: RFC 3720, appendix B.4 (reflected polynomial 0x82F63B78, initial value and final xor all ones).
public enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    // Byte by byte through the protocol costs twenty times as much, and every record of a log is checked.
    let whole = bytes.withContiguousStorageIfAvailable { checksum(UnsafeRawBufferPointer($0)) }
    return whole ?? Array(bytes).withUnsafeBytes { checksum($0) }
  }

  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      var value = ~UInt32(0)
      for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
      return ~value
    }
  }
}
