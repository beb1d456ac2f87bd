private import BelayHTTP
private import BelayPostgres
private import BelayTransport

/// The libraries that requests need, opened at their first use only: whether they can be.
public struct ServerLibrary: Hashable, Sendable {
  public var name: String
  /// The actions that need it.
  public var actions: [String]
  /// Nil: it cannot be used.
  public var version: String?
  /// Why not, and where it is had.
  public var problem: String?

  public static func all() -> [ServerLibrary] {
    [
      ServerLibrary("libcurl", ["http", "redis"]) { () throws(TransportError) in try CurlLibrary.version() },
      ServerLibrary("libpq", ["sql"]) { () throws(TransportError) in try PostgresLibrary.version() },
    ]
  }

  private init(_ name: String, _ actions: [String], _ ask: () throws(TransportError) -> String) {
    self.name = name
    self.actions = actions
    do throws(TransportError) { version = try ask() } catch { problem = error.message }
  }
}
