internal import BelayPostgres
private import BelayTransport

/// Where a database keeps what was done in it, each row written in the transaction of its effect.
public enum Receipts {
  /// In one transaction; done twice, they change nothing.
  public static let statements = [
    "CREATE SCHEMA IF NOT EXISTS belay",
    """
    CREATE TABLE IF NOT EXISTS belay.receipt (
      key text PRIMARY KEY,
      digest text NOT NULL,
      xid text NOT NULL,
      result jsonb,
      at timestamptz NOT NULL
    )
    """,
  ]

  /// What a role needs that is not the owner.
  public static func grants(to role: String) -> [String] {
    let name = "\"" + role.replacing("\"", with: "\"\"") + "\""
    return [
      "GRANT USAGE ON SCHEMA belay TO \(name)",
      "GRANT SELECT, INSERT, UPDATE ON belay.receipt TO \(name)",
    ]
  }

  /// - Throws: PostgreSQL's refusal, or why it could not be asked.
  public static func create(at url: String, roles: [String]) throws(ReceiptsError) {
    let texts = statements + roles.flatMap(grants)
    let call = PostgresCall(
      url: url, statements: texts.map { PostgresCall.Statement(text: $0, parameters: []) },
      mode: .transaction(nil), limits: CallLimits(timeout: 30_000_000_000))
    let outcome: PostgresOutcome
    do throws(TransportError) { outcome = try call.run() } catch {
      throw ReceiptsError(message: error.message)
    }
    switch outcome {
    case .answered, .doneBefore: return
    case .refused(let refusal):
      throw ReceiptsError(message: "\(refusal.message) (SQLSTATE \(refusal.sqlstate))")
    case .unanswered(let silence): throw ReceiptsError(message: silence.message)
    }
  }
}

public struct ReceiptsError: Error, Hashable, Sendable {
  public var message: String
}
