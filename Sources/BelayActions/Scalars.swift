extension String {
  /// Of scalars kept as an array: growing a string by single scalars costs much more.
  init(_ scalars: some Sequence<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }
}
