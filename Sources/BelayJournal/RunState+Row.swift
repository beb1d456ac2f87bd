private import BelayModel

extension RunState {
  /// The derived row of the run; nil before its first event.
  public var row: RunRow? {
    guard let created, let createdAt, let changedAt else { return nil }
    return RunRow(
      run: run, playbook: created.playbook, title: created.title, environment: created.environment ?? "",
      status: status, cause: cause, initiator: created.initiator.name, planDigest: planDigest,
      createdAt: createdAt, changedAt: changedAt, epoch: epoch, events: events)
  }

  /// Output files that events have named, with the digests of their bytes.
  public static func files(of event: RunEvent) -> [(path: String, digest: String)] {
    if case .planAdopted(let adopted) = event { return [(path: adopted.file, digest: adopted.before)] }
    guard case .attemptFinished(_, _, let end) = event else { return [] }
    return [end.stdout, end.stderr].compactMap { stream in
      guard let file = stream.file, let digest = stream.fileDigest else { return nil }
      return (path: file, digest: digest)
    }
  }
}
