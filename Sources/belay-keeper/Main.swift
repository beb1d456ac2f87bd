@main struct Keeper { static func main() { print("keeper") } }
