public import BelayModel

/// Bytes of a file of plain data, a map in YAML or JSON, to its values and everything that is wrong with it.
public struct DataReader: Sendable {
  public init() {}

  /// - Parameter path: as it shall stand in diagnostics.
  public func read(bytes: [UInt8], path: String) -> (values: ValueMap?, diagnostics: [Diagnostic]) {
    let source = SourceText(path: path, bytes: bytes)
    let reading = Reading(source: source, actions: ActionTable([]))
    guard let root = Document.root(of: source, reading) else { return (nil, reading.sorted) }
    guard case .map(let values) = plain(reading.tree(root)) else {
      reading.error("wrong-type", "a map of names and values is expected", at: root.span)
      return (nil, reading.sorted)
    }
    return (reading.hasErrors ? nil : values, reading.sorted)
  }

  /// `${{ … }}` is a text like any other: nothing is bound in data.
  private func plain(_ tree: TemplateTree) -> Value {
    switch tree.content {
    case .scalar(let value, _): value
    case .text(let template): .string(template.source)
    case .list(let items): .list(items.map(plain))
    case .map(let entries): .map(ValueMap(entries.map { ($0.key, plain($0.value)) }))
    }
  }
}
