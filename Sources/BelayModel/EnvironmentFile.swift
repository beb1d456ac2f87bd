/// `playbooks/environments/<name>.yaml`: where playbooks run, and where its secrets are.
public struct EnvironmentFile: Hashable, Sendable {
  public struct Secret: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
      /// A variable of the caller.
      case env(String)
      /// A file's content, one line end at its end cut off; `~` is the home folder.
      case file(String)
      /// What a command prints, one line end at its end cut off.
      case exec([String])
    }

    public var name: String
    public var span: SourceSpan
    public var source: Source
    /// A value shorter than 8 characters is refused without it.
    public var allowShort = false
    /// The URL of a database in which `belay receipts init` has been run.
    public var receipts = false

    public init(name: String, span: SourceSpan, source: Source) {
      self.name = name
      self.span = span
      self.source = source
    }
  }

  /// Takes a script to another host or container, where `bash` reads it from its standard input.
  public struct Shell: Hashable, Sendable {
    public var name: String
    public var span: SourceSpan
    /// Program and arguments.
    public var command: [String]
    /// Script that stands before each one.
    public var setup: String

    public init(name: String, span: SourceSpan, command: [String], setup: String) {
      self.name = name
      self.span = span
      self.command = command
      self.setup = setup
    }
  }

  public struct NamedWindow: Hashable, Sendable {
    public var name: String
    public var span: SourceSpan
    public var window: Window

    public init(name: String, span: SourceSpan, window: Window) {
      self.name = name
      self.span = span
      self.window = window
    }
  }

  public var name: String
  public var path: String
  public var protected = false
  public var pass: [String] = []
  public var vars: ValueMap = ValueMap()
  public var secrets: [Secret] = []
  public var shells: [Shell] = []
  public var windows: [NamedWindow] = []
  /// Where its runs are kept. Nil: the caller's store.
  public var store: String?

  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}
