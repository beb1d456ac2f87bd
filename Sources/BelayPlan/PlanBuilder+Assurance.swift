internal import BelayModel

// What the store and the machine have to be able to give, and the roster to have.
extension PlanBuilder {
  /// What the store on SQLite can tell of who speaks: the kernel's word, and a signature.
  private static let given: Set<Approval.Assurance> = [.asserted, .os, .signature]

  mutating func checkAssurance(_ approval: PlanApproval, at span: SourceSpan) {
    guard let assurance = approval.assurance else { return }
    guard PlanBuilder.given.contains(assurance) else {
      diagnostics.append(
        Diagnostic(
          code: "no-such-assurance", "the store cannot give the assurance '\(assurance.rawValue)'", at: span,
          help: "assurance: signature, by keys in the roster; or os, the kernel's word"))
      return
    }
    guard assurance == .signature, let roster = request.files.roster,
      approval.by.allSatisfy({ $0.literal != nil })
    else { return }
    let names = approval.by.compactMap(\.literal)
    let people =
      names.isEmpty
      ? roster.people.map(\.id) : names.flatMap { roster.people(called: $0, at: request.createdAt) }
    let signers = Set(people).filter { roster.person($0)?.keys.isEmpty == false }
    guard signers.count < approval.count else { return }
    diagnostics.append(
      Diagnostic(
        .warning, code: "no-keys",
        "a signature is asked for, and \(signers.isEmpty ? "nobody" : "only \(signers.count)") of those who may "
          + "approve has a key in the roster", at: span,
        help: "keys: [\"ssh-ed25519 AAAA…\"] of the person in \(roster.path), or assurance: os"))
  }

  mutating func checkZone(of window: Window, at span: SourceSpan) {
    guard !request.knowsZone(window.zone) else { return }
    diagnostics.append(
      Diagnostic(
        code: "unknown-zone", "this machine does not know the time zone '\(window.zone)'", at: span,
        help: "IANA's name, as Europe/Berlin; Debian has them in tzdata"))
  }
}
