public import BelayModel
public import BelayYAML

/// The schemas that editors complete, explain and check files by.
///
/// - Source: JSON Schema draft-07, which yaml-language-server reads as it is meant. A description beside `$ref` is for
///   people: validators pass over it.
public struct JSONSchema {
  private let definitions: [(name: String, shape: Shape)]
  private let files: [(kind: ProjectReader.Kind, shape: Shape)]

  public init(actions: ActionTable) {
    let language = Language(actions: actions)
    definitions = language.definitions
    files = language.files
  }

  /// `playbook.schema.json`
  public static func fileName(of kind: ProjectReader.Kind) -> String { "\(kind.rawValue).schema.json" }

  /// The whole schema of a kind of file, as it stands in `schemas/`.
  public func text(of kind: ProjectReader.Kind) -> String {
    let shape = files.first { $0.kind == kind }?.shape ?? .any
    var members = [
      JSON.Member("$schema", .string("http://json-schema.org/draft-07/schema#")),
      JSON.Member("title", .string("Belay: \(kind.rawValue)")),
    ]
    members += ShapeSchema.members(of: shape)
    members.append(JSON.Member("definitions", .object(reachable(from: shape))))
    return JSON.object(members).indented + "\n"
  }

  /// The definitions that a shape leads to, in their order.
  private func reachable(from shape: Shape) -> [JSON.Member] {
    var waiting = ShapeSchema.names(in: shape)
    var found: Set<String> = []
    while let name = waiting.popLast() {
      guard found.insert(name).inserted, let definition = definitions.first(where: { $0.name == name }) else {
        continue
      }
      waiting += ShapeSchema.names(in: definition.shape)
    }
    return definitions.filter { found.contains($0.name) }.map {
      JSON.Member($0.name, .object(ShapeSchema.members(of: $0.shape)))
    }
  }
}
