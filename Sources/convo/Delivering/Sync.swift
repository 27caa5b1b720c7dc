import ArgumentParser

struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One pull and one push, now.")
    @OptionGroup var common: CommonOptions
    func run() async throws {}
}

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Checks what Convo depends on.")
    @OptionGroup var common: CommonOptions
    func run() async throws {}
}
