/// The run goes on by another plan. What has happened by the one before stays true: nothing of it is otherwise in the
/// new one.
public struct PlanAdopted: Hashable, Sendable {
  /// SHA-256 of the new plan's bytes.
  public var plan: String
  /// Of the one before.
  public var before: String
  /// Where the one before lies, in the run's folder.
  public var file: String
  /// Gates whose approval was for the plan before: they are asked again before anything goes on.
  public var voided: [NodeID]
  public var by: Actor

  public init(plan: String, before: String, file: String, voided: [NodeID], by: Actor) {
    self.plan = plan
    self.before = before
    self.file = file
    self.voided = voided
    self.by = by
  }
}

extension PlanAdopted {
  init(_ fields: inout LineFields) throws(EventLineError) {
    self.init(
      plan: try fields.text("plan"), before: try fields.text("before"), file: try fields.text("file"),
      voided: try fields.list("voided"), by: try fields.actor("by"))
  }

  func write(into writer: inout LineWriter) {
    writer.text("plan", plan)
    writer.text("before", before)
    writer.text("file", file)
    writer.list("voided", voided)
    writer.actor("by", by)
  }
}
