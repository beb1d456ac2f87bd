internal import BelayModel

// What the store and the machine have to be able to give, and the roster to have.
extension PlanBuilder {
  /// What the store on SQLite can tell of who speaks: the kernel's word, and a signature.
  private static let given: Set<Approval.Assurance> = [.asserted, .os, .signature]

  /// Ids of whom a name of the roster means when the plan is made.
  func ids(called name: String) -> [String] {
    request.files.roster?.people(called: name, at: request.createdAt, in: request.zones) ?? []
  }

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
      ? roster.people.map(\.id) : names.flatMap { ids(called: $0) }
    let signers = Set(people).filter { roster.person($0)?.keys.isEmpty == false }
    guard signers.count < approval.count else { return }
    diagnostics.append(
      Diagnostic(
        .warning, code: "no-keys",
        "a signature is asked for, and \(signers.isEmpty ? "nobody" : "only \(signers.count)") of those who may "
          + "approve has a key in the roster", at: span,
        help: "keys: [\"ssh-ed25519 AAAA…\"] of the person in \(roster.path), or assurance: os"))
  }
}
