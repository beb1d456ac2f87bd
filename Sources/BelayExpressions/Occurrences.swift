/// Where a text stands in another, found in time proportional to both.
///
/// - Source: Knuth, Morris, Pratt, "Fast Pattern Matching in Strings", 1977.
struct Occurrences {
  /// In Unicode scalars, as all positions.
  let width: Int
  let length: Int
  /// Ascending, also those that overlap. The empty text stands everywhere, at the end as well.
  let positions: [Int]

  init(of part: String, in text: String) {
    let (needle, all) = (Array(part.unicodeScalars), Array(text.unicodeScalars))
    width = needle.count
    length = all.count
    guard !needle.isEmpty else {
      positions = Array(0...all.count)
      return
    }
    let borders = Occurrences.borders(of: needle)
    var found: [Int] = []
    var matched = 0
    for (index, scalar) in all.enumerated() {
      while matched > 0, matched == needle.count || needle[matched] != scalar {
        matched = borders[matched - 1]
      }
      if needle[matched] == scalar { matched += 1 }
      if matched == needle.count { found.append(index + 1 - matched) }
    }
    positions = found
  }

  var first: Int? { positions.first }

  /// From the left, none within another.
  var apart: [Int] {
    var apart: [Int] = []
    var free = 0
    for position in positions where position >= free {
      apart.append(position)
      free = position + max(1, width)
    }
    return apart
  }

  /// Of each beginning, how long the longest beginning is that is also its end.
  private static func borders(of needle: [Unicode.Scalar]) -> [Int] {
    var borders = [Int](repeating: 0, count: needle.count)
    var length = 0
    for index in needle.indices.dropFirst() {
      while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
      if needle[index] == needle[length] { length += 1 }
      borders[index] = length
    }
    return borders
  }
}
