private import BelayKeeper
private import Glibc

@main struct Main {
  static func main() {
    exit(KeeperProgram.run(CommandLine.arguments))
  }
}
