// What the reader of a script notes: words, commands, and how output becomes input.
extension ShellReader {
  /// Stands in a word's text for what the shell will put there.
  static let opaque: Unicode.Scalar = "\u{FFFC}"

  struct Word {
    enum Role: Equatable {
      case ordinary
      /// After `<<<`.
      case hereString
      /// After `<`, `>` and their kin.
      case redirection
      /// In the list of an array: `name=( … )`.
      case element
    }

    struct Binding {
      var number: Int
      /// How much of the word's text stood before it.
      var offset: Int
      /// The word holds the value itself, not what a command within it printed.
      var isDirect: Bool
    }

    /// Without quotes; what the shell puts in is ``opaque``.
    var text: [Unicode.Scalar] = []
    /// How much of `text` stood before its first quote.
    var quotedFrom: Int?
    /// Bindings inside, also those of commands within it.
    var bindings: [Binding] = []
    /// Variables whose value stands in it as it is, and how much of `text` stood before each.
    var references: [(name: String, offset: Int)] = []
    var role = Role.ordinary
    /// Part of it is `<( … )`: its commands' output is read as a file.
    var isProcess = false

    /// ``text``, once the word has ended.
    private(set) var string = ""
    /// The last part of ``string`` as a path; "" where a value is bound, or it is no word of a command.
    private(set) var name = ""
    var isQuoted: Bool { quotedFrom != nil }
    var hasBindings: Bool { !bindings.isEmpty }
    /// Ends where the first value is put in.
    var beforeBinding: String { String(text.prefix(bindings.map(\.offset).min() ?? text.count)) }

    mutating func end() {
      string = String(text)
      guard !hasBindings, role == .ordinary || role == .element else { return }
      let slash = text.lastIndex(of: "/")
      name = slash.map { String(text[($0 + 1)...]) } ?? string
    }
  }

  struct Command {
    var words: [Word] = []
    /// One of its words is its name: neither an assignment nor a reserved word.
    var isNamed = false
    /// Bindings in its here-documents.
    var documentBindings: [Int] = []
    /// Variables in its here-documents.
    var documentReferences: [String] = []
    /// The command whose output a pipe makes its input; a number in `commands`, as all below.
    var pipedFrom: Int?
    /// The group in which it stands; a number in `groups`.
    var group: Int?
    /// The group that ends with it: `}`, `done`, `)`.
    var closes: Int?
    /// Its own number, once something had to know it before it ended.
    var number: Int?

    var bindings: [Int] { words.flatMap { $0.bindings.map(\.number) } + documentBindings }
  }

  /// `{ … }`, `( … )`, `if … fi`, a loop, `$( … )`: its commands share an input and an output.
  struct Group {
    var parent: Int?
    /// The command whose output is its input.
    var pipedFrom: Int?
    /// The command that ends it and has its redirections.
    var closer: Int?
    var members: [Int] = []
  }
}
