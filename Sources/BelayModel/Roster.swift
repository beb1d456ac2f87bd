/// `playbooks/roster.yaml`: who there is, and who has which role when.
public struct Roster: Hashable, Sendable {
  public struct Person: Hashable, Sendable {
    public var id: String
    public var span: SourceSpan
    public var name: String
    /// By kind: `os`, `slack`, `github`.
    public var accounts: ValueMap = ValueMap()
    /// Public keys as OpenSSH writes them.
    public var keys: [String] = []

    public init(id: String, span: SourceSpan, name: String) {
      self.id = id
      self.span = span
      self.name = name
    }
  }

  /// Takes turns.
  public struct Rotation: Hashable, Sendable {
    public var people: [Node.Need]
    public var every: TimeSpan
    /// The first one's turn begins.
    public var from: Timestamp
    /// In which the hour of the change stays the same; IANA's name.
    public var zone: String
    /// Turns ahead of the list's order.
    public var offset: Int

    public init(people: [Node.Need], every: TimeSpan, from: Timestamp, zone: String, offset: Int) {
      self.people = people
      self.every = every
      self.from = from
      self.zone = zone
      self.offset = offset
    }
  }

  public struct Role: Hashable, Sendable {
    public enum Members: Hashable, Sendable {
      case people([Node.Need])
      case rotation(Rotation)
    }

    public var name: String
    public var span: SourceSpan
    public var members: Members

    public init(name: String, span: SourceSpan, members: Members) {
      self.name = name
      self.span = span
      self.members = members
    }
  }

  /// Somebody else has a role for a while.
  public struct Override: Hashable, Sendable {
    public var role: Node.Need
    public var person: Node.Need
    public var from: Timestamp
    /// Not counted in.
    public var to: Timestamp

    public init(role: Node.Need, person: Node.Need, from: Timestamp, to: Timestamp) {
      self.role = role
      self.person = person
      self.from = from
      self.to = to
    }
  }

  /// Told when a node has waited so long.
  public struct Escalation: Hashable, Sendable {
    public var after: TimeSpan
    public var to: [Node.Need]

    public init(after: TimeSpan, to: [Node.Need]) {
      self.after = after
      self.to = to
    }
  }

  public var path: String
  public var people: [Person] = []
  public var roles: [Role] = []
  public var overrides: [Override] = []
  public var escalation: [Escalation] = []

  public init(path: String) { self.path = path }
}
