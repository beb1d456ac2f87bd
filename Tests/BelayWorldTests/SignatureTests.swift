import Glibc
import TestFiles
import Testing

@testable import BelayWorld

@Suite("Signatures") struct SignatureTests {
  @Test("a tool that never answers is ended, and its silence is no signature")
  func hanging() throws {
    var template = Array("/tmp/belay-hanging-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in ["tool", "pid"] { unlink(folder + "/" + name) }
      rmdir(folder)
    }
    let tool = folder + "/tool"
    // It says who it is, and then nothing for ever.
    Files.write("#!/bin/sh\necho $$ >\(folder)/pid\nexec tail -f /dev/null\n", to: tool)
    chmod(tool, 0o700)
    var patience: Int32 = 10
    // On a busy machine it may be ended before it has said anything.
    repeat {
      #expect(
        !Signatures.isValid(
          "any", of: "text", for: "test", keys: ["ssh-ed25519 AAAA"], by: tool, within: patience))
      patience *= 2
    } while (Files.text(folder + "/pid") ?? "").isEmpty
    let pid = try #require(pid_t((Files.text(folder + "/pid") ?? "").split(separator: "\n").first ?? ""))
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
  }
}
