/// What somebody may have meant.
public enum Suggestion {
  /// The nearest of the names by edits (letters added, left out, changed, swapped), if it is near enough: a third of
  /// the letters, one at least; half of them where the first three are the same, as of `retires` and `retry`.
  public static func nearest(to word: String, in names: [String]) -> String? {
    let word = word.lowercased()
    let length = word.count
    let ranked = names.compactMap { name -> (name: String, distance: Int)? in
      let other = name.lowercased()
      let isAkin = length > 3 && other.prefix(3) == word.prefix(3)
      let limit = max(1, isAkin ? length / 2 : length / 3)
      guard abs(other.count - length) <= limit else { return nil }
      let distance = distance(word, other)
      return distance <= limit ? (name, distance) : nil
    }
    return ranked.min { $0.distance < $1.distance }?.name
  }

  /// Edits between two words, neighbours swapped counted as one (optimal string alignment).
  static func distance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first.unicodeScalars), Array(second.unicodeScalars))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
