import TestFiles
import Testing

@Suite("The alerting rules of an environment") struct AlertRulesTests {
  private static let names = [
    "SERVICE": "other", "JOB": "other-web", "HEALTH_JOB": "other-probe", "POSTGRES_JOB": "other-pg",
    "REDIS_JOB": "other-redis", "OPS_JOB": "other-ops", "QUEUE": "other.tasks",
  ]

  private static let playbooks =
    Files.folder(of: Files.folder(of: Files.folder(of: #filePath))) + "/playbooks"

  private func rules(_ names: [String: String]) throws -> End {
    let sandbox = try Sandbox()
    let variables = names.map { "\($0.key)=\($0.value)" }
    let program = [Self.playbooks + "/tools/alert-rules", Self.playbooks + "/alerting/echo-ai.rules.yml"]
    return try sandbox.execute(["/usr/bin/env"] + variables + program).wait()
  }

  @Test("have its names, and none of another")
  func named() throws {
    let end = try rules(Self.names)
    #expect(end.status == 0, "\(end)")
    for name in Self.names.values { #expect(end.output.contains(name), "\(name)") }
    let selected = end.output.matches(of: /(job|key)(=~?)"([^"]*)"|(service|name): ([a-z-]+)/)
    #expect(selected.count > 40)
    let left = selected.map { String($0.output.0) }.filter { !$0.contains("other") }
    #expect(left == [])
  }

  @Test("have each job's own name also where it is another's in the file")
  func swapped() throws {
    var names = Self.names
    (names["JOB"], names["REDIS_JOB"], names["OPS_JOB"]) = ("redis", "ops", "echo-ai")
    let written = try #require(Files.text(Self.playbooks + "/alerting/echo-ai.rules.yml"))
    let end = try rules(names)
    for (name, other) in [("echo-ai", "redis"), ("redis", "ops"), ("ops", "echo-ai")] {
      let here = end.output.ranges(of: "job=\"\(other)\"").count
      #expect(here == written.ranges(of: "job=\"\(name)\"").count && here > 0, "\(name)")
    }
  }

  @Test(
    "are not written with a name that would be another rule",
    arguments: ["", "a b", "\"} or vector(1", "a\nb"])
  func refused(name: String) throws {
    var names = Self.names
    names["REDIS_JOB"] = name
    let end = try rules(names)
    #expect(end.status == 64)
    #expect(end.output == "")
    #expect(end.error.hasPrefix("REDIS_JOB is no name"))
  }
}
