/// Why a keeper could not be started, reached or read.
public enum KeeperError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A system call failed; with the error number.
  case system(call: String, path: String, code: Int32)
  /// The keeper said no: another one keeps the run, or it cannot write there.
  case refused(String)
  /// The other side speaks another protocol, or is of another build.
  case versions(ours: String, theirs: String)
  /// The keeper has ended, or closed the connection because another engine drives it now.
  case gone
  /// Nothing came within the time given: the keeper is stopped, or the machine is very slow.
  case silent
  /// Bytes that are no frame of the protocol.
  case garbled(String)
  /// A log of a newer format: refused, never rewritten.
  case newerFormat(UInt8)
  /// More than fits in one frame (64 MiB), or a run's name of more than 100 bytes.
  case tooLarge

  public var description: String { message }

  public var message: String {
    switch self {
    case .system(let call, let path, let code): "\(call) \(path): \(errorText(code))"
    case .refused(let reason): "no keeper: \(reason)"
    case .versions(let ours, let theirs): "belay \(ours) and belay-keeper \(theirs) do not belong together"
    case .gone: "the keeper is gone"
    case .silent: "the keeper does not answer"
    case .garbled(let what): "not the keeper's protocol: \(what)"
    case .newerFormat(let format): "keeper.log has the newer format \(format)"
    case .tooLarge: "too large for one request"
    }
  }
}
