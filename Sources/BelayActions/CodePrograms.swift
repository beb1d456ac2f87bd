/// A program that takes some of its words, or its input, for code.
struct CodeProgram {
  /// One-letter options whose value is code.
  var letters: Set<Character> = []
  /// Longer options whose value is code, with their hyphens.
  var options: Set<String> = []
  /// What stands in its input, or in a file that it is given, is code.
  var readsCode = false
  /// Its options are read as a shell's: `-ec`, `-c -e CODE`, `+c`.
  var isShell = false
  /// Options in whose value nothing is code; asked where `readsWords` is set.
  var harmless: Set<String> = []
  /// Letters whose value is code after the subcommand of that name, in place of `letters`; `*` after one that is bound.
  var subcommands: [String: Set<Character>] = [:]
  /// So many of its words that are no options are harmless, and those after them are code.
  var readsWordsAfter: Int?

  /// By its name, or by its name without a version: `python3.11`.
  static func named(_ name: String) -> CodeProgram? {
    if let program = all[name] { return program }
    let stem = String(name.reversed().drop { $0.isNumber || $0 == "." || $0 == "-" }.reversed())
    return stem == name ? nil : all[stem]
  }

  private static let all: [String: CodeProgram] = {
    var all: [String: CodeProgram] = [:]
    for name in shells {
      all[name] = CodeProgram(letters: ["c"], options: ["--command"], readsCode: true, isShell: true)
    }
    for (name, letters, options) in interpreters {
      all[name] = CodeProgram(letters: Set(letters), options: Set(options), readsCode: true)
    }
    for (name, letters, options) in others {
      all[name] = CodeProgram(letters: Set(letters), options: Set(options))
    }
    for name in ["at", "batch", "crontab", "sftp", "ftp", "source", "."] {
      all[name, default: CodeProgram()].readsCode = true
    }
    // `git -c` sets what is run, `git switch -c` names a branch.
    all["git"]?.subcommands = [
      "clone": ["c", "u"], "rebase": ["x"], "difftool": ["x"], "*": ["c", "u", "x"],
    ]
    all["git"]?.harmless = ["-C", "--git-dir", "--work-tree", "--namespace", "--super-prefix"]
    for (name, harmless, count) in wordReaders {
      all[name, default: CodeProgram()].harmless = Set(harmless)
      all[name]?.readsWordsAfter = count
    }
    return all
  }()

  private static let shells = [
    "bash", "rbash", "sh", "dash", "ash", "zsh", "ksh", "mksh", "oksh", "yash", "fish", "csh", "tcsh", "pwsh",
  ]

  private static let interpreters: [(String, String, [String])] = [
    ("python", "c", []), ("pypy", "c", []), ("perl", "eE", []), ("ruby", "e", []), ("lua", "e", []),
    ("node", "ep", ["--eval", "--print"]), ("nodejs", "ep", ["--eval", "--print"]), ("deno", "", ["eval"]),
    ("bun", "ep", ["--eval", "--print"]), ("php", "rBRE", ["--run"]), ("tclsh", "c", []), ("expect", "c", []),
    ("Rscript", "e", []), ("julia", "eE", ["--eval"]), ("gdb", "", ["-ex", "--eval-command"]),
    ("psql", "co", ["--command", "--output"]), ("mysql", "e", ["--execute", "--init-command", "--pager"]),
    ("mariadb", "e", ["--execute", "--init-command", "--pager"]), ("sqlite3", "", ["-cmd", "--cmd"]),
    ("duckdb", "cs", ["-cmd"]), ("mongosh", "", ["--eval"]), ("mongo", "", ["--eval"]),
    ("dc", "e", ["--expression"]),
    ("lftp", "ce", []), ("m4", "", []), ("ed", "", []), ("ex", "c", ["--cmd"]), ("vi", "c", ["--cmd"]),
    ("vim", "c", ["--cmd"]), ("nvim", "c", ["--cmd"]), ("ssh", "", []), ("parallel", "", []),
  ]

  private static let others: [(String, String, [String])] = [
    ("su", "c", ["--command", "--session-command"]), ("runuser", "c", ["--command", "--session-command"]),
    ("script", "c", ["--command"]), ("flock", "c", ["--command"]), ("env", "S", ["--split-string"]),
    ("git", "c", ["--exec", "--upload-pack", "--receive-pack", "--config", "--config-env"]),
    (
      "tar", "IF",
      ["--to-command", "--checkpoint-action", "--use-compress-program", "--rsh-command", "--info-script"]
    ),
    ("rsync", "e", ["--rsh", "--rsync-path"]), ("scp", "So", []), ("sftp", "So", []),
    ("sort", "", ["--compress-program"]), ("split", "", ["--filter"]), ("strace", "o", ["--output"]),
    ("nc", "ec", []), ("ncat", "ec", ["--exec", "--sh-exec", "--lua-exec"]),
    ("emacs", "", ["--eval", "-eval"]),
    ("apt", "o", ["--option"]), ("apt-get", "o", ["--option"]), ("man", "PH", ["--pager", "--html"]),
    ("ansible", "ae", ["--args", "--extra-vars"]), ("ansible-playbook", "e", ["--extra-vars"]),
    ("wget", "e", ["--execute", "--use-askpass"]), ("mapfile", "C", []), ("readarray", "C", []),
    ("aws", "", ["--command", "--parameters"]), ("cf", "c", ["--command"]), ("make", "", ["--eval"]),
  ]

  /// Programs that evaluate words, how many are not, and options that go with a harmless word.
  private static let wordReaders: [(String, [String], Int)] = [
    ("sqlite3", ["-separator", "-newline", "-nullvalue", "-init", "-vfs", "-mmap", "-maxsize"], 1),
    ("duckdb", ["-separator", "-newline", "-nullvalue", "-init"], 1), ("ed", ["-p"], 0),
    ("socat", ["-L", "-W"], 0),
    ("make", ["-C", "-f", "-I", "-j", "-l", "-o", "-W", "--directory", "--file", "--jobs"], 0),
    ("gmake", ["-C", "-f", "-I", "-j", "-l", "-o", "-W", "--directory", "--file", "--jobs"], 0),
    ("sg", [], 0), ("tmux", [], 0), ("screen", [], 0), ("pdsh", [], 0), ("pssh", [], 0),
    ("parallel-ssh", [], 0),
    ("clush", [], 0), ("dsh", [], 0), ("eval", [], 0), ("ssh", [], 0), ("let", [], 0), ("mosh", [], 0),
    ("rsh", [], 0), ("watch", [], 0), ("parallel", [], 0),
  ]
}
