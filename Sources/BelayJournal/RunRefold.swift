import BelayModel

/// Folds stored lines again, for verification.
public struct RunRefold: RunFold {
  public private(set) var state: RunState
  private var epoch = 0
  public private(set) var isSigned = false
  private var files: [(path: String, digest: String)] = []

  public init(run: String) { state = RunState(run: run) }

  public mutating func apply(line: String, number: Int) throws(FoldError) {
    let parsed: EventLine
    do throws(EventLineError) { parsed = try EventLine(parsing: line) } catch {
      throw FoldError(error.message)
    }
    guard parsed.run.isExactly(state.run) else { throw FoldError("its line is of run \(parsed.run)") }
    guard parsed.number == number else { throw FoldError("its line is event \(parsed.number)") }
    guard parsed.epoch >= epoch else { throw FoldError("driver \(parsed.epoch) follows driver \(epoch)") }
    epoch = parsed.epoch
    try state.apply(parsed.event, at: parsed.at)
    if case .decided(_, let decision) = parsed.event, decision.isSigned { isSigned = true }
    files += RunState.files(of: parsed.event)
  }

  public var row: RunRow? { state.row }
  public var heldClaims: [String] { state.claims }

  public mutating func takeFiles() -> [(path: String, digest: String)] {
    defer { files = [] }
    return files
  }
}
