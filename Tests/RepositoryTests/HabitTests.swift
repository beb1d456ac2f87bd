import Testing

@Suite("Habits") struct Habits {
  private static let written = Repository.files.filter { file in
    [".swift", ".c", ".h", ".py", ".sh"].contains { file.path.hasSuffix($0) }
  }

  @Test("no file is longer than 400 lines", arguments: written)
  func length(file: Repository.File) {
    #expect(file.lines.count <= 401)
  }

  @Test("nothing is left for later in a comment", arguments: written)
  func unfinished(file: Repository.File) throws {
    let later = try Regex(#"\b(TO"# + #"DO|FIX"# + #"ME|XX"# + #"X)\b"#)
    #expect(file.places { $0.contains(later) } == [])
  }

  @Test("no code is commented out", arguments: Repository.swift)
  func commentedOut(file: Repository.File) throws {
    let code = try Regex(
      #"^\s*//\s*((let|var|func|return|import|guard|switch|struct|enum|extension|try)\b.*[={()}\]]|.*[;{}])\s*$"#
    )
    #expect(file.places { $0.contains(code) && !$0.contains("///") } == [])
  }

  @Test("nothing is forced: no try!, no as!, no fatalError", arguments: Repository.sources)
  func forced(file: Repository.File) throws {
    let forced = try Regex(#"\btry!|\bas!|\bfatalError\("#)
    #expect(file.places { $0.code.contains(forced) } == [])
  }

  @Test("types are named for what they are", arguments: Repository.sources)
  func names(file: Repository.File) throws {
    let vague = try Regex(
      #"\b(struct|class|enum|protocol|actor|typealias) \w*(Manager|Helper|Utils|Utility|Info|Data)\b"#)
    #expect(file.places { $0.code.contains(vague) } == [])
  }

  @Test("no test sleeps", arguments: Repository.tests)
  func sleeping(file: Repository.File) throws {
    let sleeping = try Regex(#"\b(usleep|nanosleep|sleep)\(|\bTask\."# + #"sleep|Thread\."# + #"sleep"#)
    #expect(file.places { $0.code.contains(sleeping) && !$0.contains("Regex(") } == [])
  }

  @Test("no file knows the machine it was written on", arguments: Repository.files)
  func machinePaths(file: Repository.File) throws {
    let machine = try Regex(#"/wo"# + #"rk/|/ro"# + #"ot/|/home/[a-z]|/tmp/hu"# + #"b|\.\./sha"# + #"red"#)
    #expect(file.places { $0.contains(machine) } == [])
  }

  @Test("lines end plainly, and files with one line end", arguments: Repository.files)
  func whitespace(file: Repository.File) {
    guard !file.path.contains("/Goldens/") else { return }
    #expect(file.places { $0.last == " " || $0.last == "\t" || $0.last == "\r" } == [])
    #expect(file.text.isEmpty || file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"))
  }
}
