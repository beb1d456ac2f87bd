internal import BelayModel

// A here-document, here-string, pipe or substitution into a shell is its script.
extension NestedCode {
  /// A step on the way back from a reader of code to what it reads.
  enum Flow: Hashable {
    case input(Int)
    case output(Int)
    /// What the command's own redirections put into its input.
    case redirections(Int)
    case groupInput(Int)
  }

  mutating func inspectInput(_ number: Int, _ words: [ShellReader.Word]) {
    guard let reader = words.first(where: { CodeProgram.named($0.name)?.readsCode ?? false })?.name else {
      return
    }
    for word in words where word.isProcess { refuse(word, "is code for '\(reader)'") }
    for binding in script.sources(of: .input(number), seen: &seen) {
      add(binding, "its input is code for '\(reader)'", help: nil)
    }
  }
}

extension ScriptVariables {
  /// Bindings that reach a place, those left out that were found from elsewhere.
  func sources(of flow: NestedCode.Flow, seen: inout Set<NestedCode.Flow>) -> [Int] {
    var found: [Int] = []
    var open = [flow]
    while let flow = open.popLast() {
      guard seen.insert(flow).inserted else { continue }
      switch flow {
      case .input(let number):
        open += [.redirections(number)]
        if let writer = commands[number].pipedFrom {
          open.append(.output(writer))
        } else if let group = commands[number].group {
          open.append(.groupInput(group))
        }
      case .redirections(let number):
        let command = commands[number]
        let words = command.words.filter {
          $0.role == .hereString || ($0.role == .redirection && $0.isProcess)
        }
        found += words.flatMap { $0.bindings.map(\.number) } + command.documentBindings
      case .groupInput(let number):
        let group = groups[number]
        if let closer = group.closer { open.append(.redirections(closer)) }
        if let writer = group.pipedFrom {
          open.append(.output(writer))
        } else if let parent = group.parent {
          open.append(.groupInput(parent))
        }
      case .output(let number):
        found += commands[number].bindings
        open.append(.input(number))
        if let closed = commands[number].closes { open += groups[closed].members.map { .output($0) } }
      }
    }
    return found
  }
}
