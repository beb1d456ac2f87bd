private import Glibc

/// Signatures by keys of OpenSSH, each for one purpose, made and verified by its own tool, ssh-keygen(1). Needs no network.
public enum Signatures {
  public struct Failure: Error, Hashable, Sendable {
    public var message: String
  }

  private static let tool = "/usr/bin/ssh-keygen"
  /// Milliseconds that a signature may take: somebody may have to touch a key, or to say yes to an agent.
  private static let signing: Int32 = 120_000
  /// Milliseconds: it is arithmetic.
  private static let verifying: Int32 = 10_000

  public static var isAvailable: Bool { access(tool, X_OK) == 0 }

  /// Signs with a key file, or, where that holds a public key, by the agent that has its other half.
  ///
  /// - Parameter namespace: what it is for; it is a signature for nothing else.
  /// - Returns: SSHSIG, armoured.
  public static func sign(
    _ text: String, for namespace: String, keyFile: String
  ) throws(Failure) -> String {
    try withFolder { folder throws(Failure) in
      try write(text, to: folder + "/text")
      try run(
        ["-Y", "sign", "-q", "-f", keyFile, "-n", namespace, folder + "/text"], in: folder, patience: signing)
      return try read(folder + "/text.sig")
    }
  }

  /// By the agent, with the first of these public keys that it has.
  public static func sign(
    _ text: String, for namespace: String, publicKeys: [String]
  ) throws(Failure) -> String {
    var last = Failure(message: "the roster has no key to sign with")
    for key in publicKeys {
      do throws(Failure) {
        return try withFolder { folder throws(Failure) in
          try write(key + "\n", to: folder + "/key.pub")
          return try sign(text, for: namespace, keyFile: folder + "/key.pub")
        }
      } catch { last = error }
    }
    throw last
  }

  /// Whether one of these keys has signed exactly this text, for this purpose.
  public static func isValid(
    _ signature: String, of text: String, for namespace: String, keys: [String]
  ) -> Bool {
    isValid(signature, of: text, for: namespace, keys: keys, by: tool, within: verifying)
  }

  /// - Parameter patience: milliseconds; without an answer of the tool's within them it is not valid.
  static func isValid(
    _ signature: String, of text: String, for namespace: String, keys: [String], by tool: String,
    within patience: Int32
  ) -> Bool {
    let found = try? withFolder { folder throws(Failure) in
      // One key a line and nothing beside it: an option in front of a key, as `cert-authority`, would widen it.
      let plain = keys.filter { !$0.contains { $0.isNewline } && $0.first?.isLetter == true }
      try write(
        plain.map { "person namespaces=\"\(namespace)\" \($0)\n" }.joined(),
        to: folder + "/signers")
      try write(signature, to: folder + "/signature")
      try write(text, to: folder + "/text")
      try run(
        [
          "-Y", "verify", "-q", "-f", folder + "/signers", "-I", "person", "-n", namespace, "-s",
          folder + "/signature",
        ], in: folder, input: folder + "/text", tool: tool, patience: patience)
      return true
    }
    return found ?? false
  }

  // MARK: The tool

  private static func withFolder<Result>(
    _ body: (String) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let place = getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array("\(place)/belay-signature-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(message: SystemError("mkdtemp", place).message) }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in ["key.pub", "text", "text.sig", "signers", "signature"] {
        unlink(folder + "/" + name)
      }
      rmdir(folder)
    }
    return try body(folder)
  }

  private static func write(_ text: String, to path: String) throws(Failure) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure(message: SystemError("open", path).message) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw Failure(message: SystemError("write", path).message)
    }
  }

  /// It asks for a passphrase only where it has a terminal, which a signature is never made on.
  private static func why(_ words: String) -> String {
    guard words.contains("incorrect passphrase") else { return words }
    return "the key has a passphrase, which is for an agent to know: ssh-add it, and name its public half"
  }

  private static func read(_ path: String) throws(Failure) -> String {
    do throws(SystemError) { return try SmallFile.read(path) } catch { throw Failure(message: error.message) }
  }

  /// - Throws: with its own last words when it says no.
  private static func run(
    _ arguments: [String], in folder: String, input: String = "/dev/null", tool: String = Signatures.tool,
    patience: Int32
  ) throws(Failure) {
    guard access(tool, X_OK) == 0 else {
      throw Failure(message: "\(tool) is missing: signatures need Debian's openssh-client")
    }
    let names: [String] = ["PATH", "HOME", "USER", "SSH_AUTH_SOCK"]
    let variables = names.compactMap { name in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    let command = BriefCommand(
      path: tool, arguments: [tool] + arguments, environment: variables, folder: folder, input: input,
      patience: patience)
    let found: BriefCommand.Result
    do throws(SystemError) { found = try command.run() } catch { throw Failure(message: error.message) }
    switch found.end {
    case .status(0): return
    case .status: throw Failure(message: "ssh-keygen: \(why(found.lastWords ?? "it says nothing"))")
    case .late: throw Failure(message: "ssh-keygen has not ended within \(patience / 1000) s")
    case .tooMuch: throw Failure(message: "ssh-keygen does not stop talking")
    }
  }
}
