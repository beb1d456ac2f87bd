internal import BelayEngine
public import BelayJournal
internal import BelayTransport

/// Decisions whose signatures are being verified: ssh-keygen(1) does that beside the engine's loop, which goes on.
final class SignedDecisions {
  struct Waiting {
    var proposal: Proposal
    var actor: Actor
    var ticket: Int
  }

  private let inbox: Inbox<(String, Bool)>
  private let threads: RequestThreads<SignatureCheck>
  private var waiting: [String: Waiting] = [:]
  private var count = 0

  init() throws(SystemError) {
    let inbox = try Inbox<(String, Bool)>()
    self.inbox = inbox
    threads = RequestThreads { inbox.put(($0, $1)) }
  }

  /// Can be read from when ``take()`` has something.
  var descriptor: Int32 { inbox.descriptor }

  /// - Throws: when there is no thread for it.
  func verify(_ check: SignatureCheck, of decision: Waiting) throws(TransportError) {
    count += 1
    try threads.start(check, id: "\(count)")
    waiting["\(count)"] = decision
  }

  /// Those whose signatures have been looked at, and whether they are good.
  func take() -> [(decision: Waiting, isValid: Bool)] {
    inbox.take().compactMap { id, isValid in
      waiting.removeValue(forKey: id).map { (decision: $0, isValid: isValid) }
    }
  }
}

/// Whether a person of the roster has signed a text.
struct SignatureCheck: BlockingCall {
  var signer: String
  var signature: String
  var text: String
  var keys: [String]

  var isValid: Bool { Signatures.isValid(signature, of: text, for: SignedWords.namespace, keys: keys) }

  func run(_ brake: Brake, finished: (Bool) -> Void) { finished(isValid) }
}

extension SignedWords {
  /// Why somebody's word does not count.
  public static func refusal(of signer: String) -> String {
    "the signature is none of \(signer)'s for this run, gate, plan and decision"
  }
}
