/// The name of one attempt, unique in a run for ever: which driver asked for it, and its number with that driver.
///
/// Written `1.42`.
public struct AttemptID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The driver's number in the run: grows with each engine that takes the run over. From 1.
  public var epoch: UInt32
  /// From 1.
  public var sequence: UInt32

  public init(epoch: UInt32, sequence: UInt32) {
    self.epoch = epoch
    self.sequence = sequence
  }

  /// Reads the written form; nil for any other text, also `01.1` and `+1.1`.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let epoch = UInt32(parts[0]), let sequence = UInt32(parts[1]) else { return nil }
    self.init(epoch: epoch, sequence: sequence)
    guard description == text else { return nil }
  }

  public var description: String { "\(epoch).\(sequence)" }

  public static func < (left: AttemptID, right: AttemptID) -> Bool {
    (left.epoch, left.sequence) < (right.epoch, right.sequence)
  }
}
