import Testing

@Suite("The documents agree with the code") struct Documents {
  @Test("the map of Sources names every target and fits on a screen")
  func map() throws {
    let map = try Repository.file("Sources/README.md")
    for target in Repository.targets { #expect(map.text.contains("`\(target)`"), "\(target) is missing") }
    #expect(map.lines.count <= 36)
  }

  @Test("Tests/README.md names every test target")
  func tests() throws {
    let page = try Repository.file("Tests/README.md")
    for target in Set(Repository.tests.map(\.target)) {
      #expect(page.text.contains("`\(target)`"), "\(target) is missing")
    }
  }

  @Test("every target of the packages' manifest has its folder, and every folder its target")
  func manifest() throws {
    let manifest = try Repository.file("Package.swift").text
    for target in Repository.targets { #expect(manifest.contains("\"\(target)\""), "\(target) is missing") }
  }

  @Test("the script that installs packages knows those that Package.swift needs")
  func packages() throws {
    let script = try Repository.file(".ci/packages").text
    let manifest = try Repository.file("Package.swift").text
    for match in manifest.matches(of: try Regex(#"\.apt\(\["([a-z0-9-]+)"\]\)"#)) {
      let name = String(try #require(match.output[1].substring))
      #expect(script.contains(name), "\(name) is missing")
    }
  }

  @Test("README.md lists every exit status that there is, and no other")
  func exitStatuses() throws {
    let code = try Repository.file("Sources/belay/Support/ExitStatus.swift").text
    let page = try Repository.file("README.md").text
    let known = try numbers(in: code, #"case \w+ = (\d+)"#)
    let told = try numbers(in: page, #"\n\| (\d+) \|"#)
    #expect(known == told)
    #expect(known.count == 13)
  }

  @Test("the change log keeps a section for what is not released")
  func changeLog() throws {
    #expect(try Repository.file("CHANGELOG.md").text.contains("\n## [Unreleased]\n"))
  }

  @Test("the licence of the project is the Apache License, version 2.0")
  func licence() throws {
    #expect(try Repository.file("README.md").text.contains("Apache-2.0"))
  }

  private func numbers(in text: String, _ pattern: String) throws -> Set<Int> {
    Set(text.matches(of: try Regex(pattern)).compactMap { $0.output[1].substring.flatMap { Int($0) } })
  }
}
