import BelayJournal

extension RunState {
  /// Nodes that `belay resolve` can settle, those first on which the run rests.
  ///
  /// A step whose undo has failed or is held is not among them: that undo is, under its own name.
  var undecided: [NodeID] {
    let open = touched.filter { canBeResolved($0) }
    guard let restNode else { return status == .failed ? [] : open.filter(isOfRest) }
    if canBeResolved(restNode) { return [restNode] }
    let root = RollbackName.root(of: restNode)
    if canBeResolved(root) { return [root] }
    return open.filter(isOfRest)
  }

  /// As the journal admits it.
  func canBeResolved(_ node: NodeID) -> Bool {
    [.inDoubt, .held, .failed, .unknown].contains(self[node].status)
  }

  /// Whether the run rests because of a node: in doubt or held, or a rollback that has failed.
  private func isOfRest(_ node: NodeID) -> Bool {
    [.inDoubt, .held].contains(self[node].status)
      || (status == .rollbackIncomplete && RollbackName.undone(by: node) != nil)
  }
}
