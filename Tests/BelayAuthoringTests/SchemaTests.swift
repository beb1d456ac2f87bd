import BelayActions
import BelayAuthoring
import BelayModel
import BelayYAML
import Glibc
import TestFiles
import Testing

@Suite("Schemas for editors") struct SchemaTests {
  static let root = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))

  @Test("those in schemas/ are what the generator writes", arguments: ProjectReader.Kind.allCases)
  func current(_ kind: ProjectReader.Kind) {
    let file = "\(Self.root)/schemas/\(JSONSchema.fileName(of: kind))"
    let text = JSONSchema(actions: builtInActions).text(of: kind)
    if getenv("RECORD") != nil { Files.write(text, to: file) }
    #expect(text == Files.text(file), "write them anew: belay schema --output schemas")
  }
}
