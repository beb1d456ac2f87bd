/// `playbooks/environments/<name>.yaml`: where playbooks run, and where its secrets are.
public struct EnvironmentFile: Hashable, Sendable {
  public struct Secret: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
      /// A variable of the caller.
      case env(String)
      /// A file's content, one line end at its end cut off; `~` is the home folder.
      case file(String)
    }

    public var name: String
    public var span: SourceSpan
    public var source: Source
    /// A value shorter than 8 characters is refused without it.
    public var allowShort = false

    public init(name: String, span: SourceSpan, source: Source) {
      self.name = name
      self.span = span
      self.source = source
    }
  }

  public var name: String
  public var path: String
  public var protected = false
  public var pass: [String] = []
  public var vars: ValueMap = ValueMap()
  public var secrets: [Secret] = []

  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}
