// swift-tools-version: 6.1
import PackageDescription

/// Every Swift target: Swift 6 mode, no implicit existential, no import that leaks or that no dependency declares,
/// no warning.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-warnings-as-errors"]),
]

func library(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "belay",
  products: [
    .executable(name: "belay", targets: ["belay"]),
    .executable(name: "belay-keeper", targets: ["belay-keeper"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CSystem"),
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "CCurl"),
    .target(name: "CPostgres"),

    library("BelayModel", []),
    library("BelayDigest", ["CCrypto"]),
    library("BelayExpressions", ["BelayModel", "CRE2"]),
    library("BelayYAML", ["BelayModel", "BelayExpressions", "CYAML"]),
    library("BelayAuthoring", ["BelayModel", "BelayYAML"]),
    library("BelayPlan", ["BelayModel", "BelayExpressions", "BelayDigest"], exclude: ["PlanFormat.md"]),
    library("BelayJournal", ["BelayModel", "BelayDigest"], exclude: ["JournalFormat.md"]),
    library("BelayEngine", ["BelayModel", "BelayDigest", "BelayExpressions", "BelayPlan", "BelayJournal"]),
    library("BelayKeeper", ["BelayDigest", "CSystem"], exclude: ["KeeperLogFormat.md"]),
    library("BelayActions", ["BelayModel", "BelayExpressions"]),
    library("BelayStore", ["BelayModel", "BelayDigest", "BelayJournal", "CSQLite"]),
    library("BelayTransport", []),
    library("BelayHTTP", ["BelayTransport", "CCurl"]),
    library("BelayPostgres", ["BelayTransport", "CPostgres"]),
    library("BelayRedis", ["BelayTransport", "BelayHTTP"]),
    library("BelaySimulation", ["BelayModel", "BelayDigest", "BelayPlan", "BelayEngine", "BelayJournal"]),
    library(
      "BelayWorld",
      [
        "BelayModel", "BelayDigest", "BelayPlan", "BelayEngine", "BelayJournal", "BelayKeeper", "BelayStore",
        "BelayTransport", "BelayHTTP", "BelayPostgres", "BelayRedis", "CSystem",
      ]),

    library("BelayPresentation", ["BelayModel", "BelayPlan", "BelayJournal"]),

    tool("belay-keeper", ["BelayKeeper"]),
    tool(
      "belay",
      [
        "BelayModel", "BelayExpressions", "BelayYAML", "BelayDigest", "BelayPlan", "BelayJournal",
        "BelayEngine", "BelayActions", "BelayAuthoring", "BelayPresentation", "BelayStore", "BelayWorld",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .target(name: "FaultyDisk", path: "Tests/FaultyDisk"),
    .target(
      name: "ProofBed",
      dependencies: [
        "BelayModel", "BelayDigest", "BelayYAML", "BelayPlan", "BelayJournal", "BelayEngine", "BelayActions",
        "BelaySimulation",
      ],
      path: "Tests/ProofBed", swiftSettings: strict),
    .executableTarget(
      name: "simulate",
      dependencies: ["ProofBed", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/Simulate", swiftSettings: strict),
    .executableTarget(
      name: "http-layer", dependencies: ["BelayWorld", "BelayHTTP", "BelayTransport"],
      path: "Tests/Benchmarks/HTTPLayer", swiftSettings: strict),
    .target(name: "TestFiles", path: "Tests/TestFiles", swiftSettings: strict),
    tests("RepositoryTests", ["TestFiles"]),
    tests("SimulationTests", ["ProofBed"]),
    tests(
      "EndToEndTests", ["belay", "belay-keeper", "CSystem", "TestFiles"], exclude: ["Servers"]),
    tests(
      "EnduranceTests",
      [
        "TestFiles", "BelayActions", "BelayDigest", "BelayEngine", "BelayJournal", "BelayModel", "BelayPlan",
        "BelayStore",
        "BelayYAML",
      ]),
    tests("BelayWorldTests", ["BelayWorld", "TestFiles"]),
    tests("BelayKeeperTests", ["BelayKeeper", "BelayDigest", "CSystem"]),
    tests("BelayJournalTests", ["BelayJournal", "BelayModel", "BelayDigest"]),
    tests(
      "BelayYAMLTests", ["TestFiles", "BelayYAML", "BelayModel", "BelayActions"],
      exclude: ["Goldens", "Project"]),
    tests(
      "BelayAuthoringTests",
      ["TestFiles", "BelayAuthoring", "BelayActions", "BelayModel", "BelayYAML"], exclude: ["agree.py"]),
    tests("BelayActionsTests", ["BelayActions", "BelayModel"]),
    tests(
      "BelayStoreTests",
      ["FaultyDisk", "TestFiles", "BelayStore", "BelayKeeper", "BelayJournal", "BelayModel", "BelayDigest"]),
    tests(
      "BelayEngineTests",
      ["BelayEngine", "BelayActions", "BelayJournal", "BelayModel", "BelayPlan", "BelayYAML"]),
    tests(
      "BelayPlanTests",
      ["BelayPlan", "BelayActions", "BelayDigest", "BelayModel", "BelayYAML", "TestFiles"]),
    tests(
      "BelayPresentationTests",
      ["BelayPresentation", "BelayActions", "BelayJournal", "BelayModel", "BelayPlan", "BelayYAML"]),
    tests("BelayExpressionsTests", ["BelayExpressions", "BelayModel"]),
  ]
)
