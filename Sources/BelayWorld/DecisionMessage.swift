internal import BelayEngine
internal import BelayJournal
internal import BelayModel

// Proposals and replies as they travel through the control socket: one JSON object each.

extension Proposal {
  var json: JSON {
    .object([
      "request": .string("decide"), "node": .string(node), "asked": .int(Int64(asked)), "plan": .string(plan),
      "decision": .string(word.rawValue), "note": note.map(JSON.string),
      "values": .array(values.map { .array([.string($0.name), .string($0.text)]) }),
      "signature": signature.map(JSON.string), "signer": signer.map(JSON.string),
    ])
  }

  init?(_ json: JSON) {
    guard let node = json["node"]?.string, let asked = json["asked"]?.int, let plan = json["plan"]?.string,
      let word = json["decision"]?.string.flatMap(Decision.Word.init(rawValue:)),
      let values = json["values"]?.array
    else { return nil }
    var given: [Given] = []
    for value in values {
      guard let pair = value.array?.compactMap(\.string), pair.count == 2 else { return nil }
      given.append(Given(name: pair[0], text: pair[1]))
    }
    self.init(
      node: node, asked: Int(asked), plan: plan, word: word, note: json["note"]?.string, values: given,
      signature: json["signature"]?.string, signer: json["signer"]?.string)
  }
}

extension Reply {
  var json: JSON {
    switch self {
    case .accepted(let text): .object(["accepted": .bool(true), "text": .string(text)])
    case .refused(let text): .object(["accepted": .bool(false), "text": .string(text)])
    }
  }

  init?(_ json: JSON) {
    guard let accepted = json["accepted"]?.bool, let text = json["text"]?.string else { return nil }
    self = accepted ? .accepted(text) : .refused(text)
  }
}
