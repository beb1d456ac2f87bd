/// Names in the order written, found without a search.
struct Names {
  let all: [String]
  private let positions: [String: Int]

  init(_ all: [String]) {
    self.all = all
    positions = Dictionary(all.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
  }

  func contains(_ name: String) -> Bool { positions[name] != nil }
  func position(of name: String) -> Int? { positions[name] }

  /// For people, where there are few enough to be read.
  var list: String? {
    guard !all.isEmpty else { return nil }
    return "there are: " + all.prefix(20).joined(separator: ", ") + (all.count > 20 ? ", …" : "")
  }
}
