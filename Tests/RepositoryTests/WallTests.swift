import Testing

/// Which target may import what. The compiler refuses an import that Package.swift does not declare; this table refuses
/// a declaration that breaks the walls.
private let arrows: [String: Set<String>] = [
  "BelayModel": [],
  "BelayDigest": ["CCrypto"],
  "BelayExpressions": ["BelayModel", "CRE2"],
  "BelayYAML": ["BelayModel", "BelayExpressions", "CYAML"],
  "BelayAuthoring": ["BelayModel", "BelayExpressions", "BelayYAML", "BelayPlan"],
  "BelayPlan": ["BelayModel", "BelayExpressions", "BelayDigest"],
  "BelayJournal": ["BelayModel", "BelayDigest"],
  "BelayEngine": ["BelayModel", "BelayDigest", "BelayExpressions", "BelayPlan", "BelayJournal"],
  "BelaySimulation": ["BelayModel", "BelayDigest", "BelayPlan", "BelayJournal", "BelayEngine"],
  "BelayKeeper": ["BelayDigest", "CSystem", "Glibc", "Synchronization"],
  "BelayActions": ["BelayModel", "BelayExpressions"],
  "BelayTransport": ["Glibc", "Synchronization"],
  "BelayHTTP": ["BelayTransport", "CCurl", "Glibc"],
  "BelayPostgres": ["BelayTransport", "CPostgres", "Glibc"],
  "BelayRedis": ["BelayTransport", "BelayHTTP"],
  "BelayStore": ["BelayModel", "BelayDigest", "BelayJournal", "CSQLite", "Glibc", "Synchronization"],
  "BelayWorld": [
    "BelayModel", "BelayDigest", "BelayPlan", "BelayJournal", "BelayEngine", "BelayKeeper", "BelayStore",
    "BelayTransport", "BelayHTTP", "BelayPostgres", "BelayRedis", "CSystem", "Glibc", "Synchronization",
  ],
  "BelayPresentation": ["BelayModel", "BelayPlan", "BelayJournal"],
  "belay-keeper": ["BelayKeeper", "Glibc"],
  "belay": [
    "ArgumentParser", "BelayModel", "BelayExpressions", "BelayYAML", "BelayDigest", "BelayPlan",
    "BelayJournal", "BelayEngine", "BelayActions", "BelayAuthoring", "BelayPresentation", "BelayStore",
    "BelayWorld", "Glibc",
    "Synchronization",
  ],
]

@Suite("The walls between the targets") struct Walls {
  @Test("a target imports what its row allows and nothing else", arguments: Repository.sources)
  func imports(file: Repository.File) throws {
    let allowed = try #require(arrows[file.target], "\(file.target) has no row in this table")
    #expect(file.imports.subtracting(allowed).isEmpty)
  }

  @Test(
    "each C module is imported by one target, CSystem by the keeper and the world",
    arguments: ["CYAML", "CSQLite", "CCrypto", "CCurl", "CPostgres", "CRE2", "CSystem"])
  func cModules(module: String) {
    let importers = Set(Repository.sources.filter { $0.imports.contains(module) }.map(\.target))
    #expect(importers.count == 1 || module == "CSystem" && importers == ["BelayKeeper", "BelayWorld"])
  }

  @Test("there is no C module beside those")
  func noOtherC() {
    #expect(
      Repository.targets.filter { $0.first == "C" } == [
        "CCrypto", "CCurl", "CPostgres", "CRE2", "CSQLite", "CSystem", "CYAML",
      ])
  }

  @Test(
    "plan, journal and engine are synchronous: no async, no actor, no task",
    arguments: Repository.sources.filter { ["BelayPlan", "BelayJournal", "BelayEngine"].contains($0.target) })
  func synchronous(file: Repository.File) throws {
    let concurrent = try Regex(
      #"\basync\b|\bawait\b|\bTask\s*[.{(]|\bactor\s+[A-Z]|\bDispatchQueue\b|@MainActor"#)
    #expect(file.places { $0.code.contains(concurrent) } == [])
  }

  @Test(
    "the core reads no clock and rolls no dice",
    arguments: Repository.sources.filter {
      ["BelayModel", "BelayExpressions", "BelayPlan", "BelayJournal", "BelayEngine"].contains($0.target)
    })
  func pure(file: Repository.File) throws {
    let impure = try Regex(
      #"\b(ContinuousClock|SuspendingClock|SystemRandomNumberGenerator)\b|\.random\(|\.randomElement|\.shuffled\(\)"#
    )
    #expect(file.places { $0.code.contains(impure) } == [])
  }

  @Test("the engine names no action", arguments: Repository.sources.filter { $0.target == "BelayEngine" })
  func noVendor(file: Repository.File) throws {
    let named = try Regex(#""(exec|http|sql|redis|manual)""#)
    #expect(file.places { $0.code.contains(named) } == [])
  }
}

extension Substring {
  /// Without a comment at its end; a `//` inside a string ends it too, which is good enough here.
  var code: Substring { firstRange(of: "//").map { self[..<$0.lowerBound] } ?? self }
}
