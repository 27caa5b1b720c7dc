import ArgumentParser
import ConvoApp
import ConvoMCP
import ConvoPlatform
import ConvoStore
import ConvoTerminal
import Synchronization

/// `convo mcp`: an agent asks the history.
struct MCPCommand: NamedVerb {
    static let name = "mcp"
    static let configuration = CommandConfiguration(
        commandName: name, _superCommandName: "convo",
        abstract: "Lets agents ask your history: an MCP server on standard input and output.",
        discussion: """
            An MCP client starts it: `convo mcp install` tells the clients that are here. It reads this machine's database alone, \
            and needs no daemon, no network and no key. Its results mark old texts as data, and have at most 8,000 tokens. With \
            --allow-writes, agents may also queue messages, which convod or `convo sync` delivers.
            """.withExamples(
                "convo mcp install",
                "convo mcp --profile work --allow-writes"),
        subcommands: [MCPInstall.self])

    @OptionGroup var options: MCPOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let settings = try common.settings()
        let store = CurrentStore(try common.store(settings, cacheKilobytes: CurrentStore.cacheKilobytes))
        if TerminalDevice.standardInput.isTerminal {
            try common.console.note(
                "This speaks MCP: each line that you type is a message, Ctrl-D ends it. `convo mcp install` tells agents of it."
            )
        }
        let server = MCPServer(
            allowsWrites: options.allowWrites, answerer: settings.answerer.map(MCPServer.Answerer.init)
        ) {
            () throws(StoreError) in try store.get()
        }
        var loop = MCPLoop(MCPConnection(server: server))
        try loop.run()
    }
}

/// What `convo mcp` and `convo mcp install` both take. As a group it may stand behind either name; a flag of both would be taken for the
/// first one's.
struct MCPOptions: ParsableArguments {
    @Flag(help: "Let agents queue messages and new conversations.") var allowWrites = false
}

extension MCPServer.Answerer {
    fileprivate init(_ answerer: Answerer) {
        self =
            switch answerer {
            case .model(let model): .model(model)
            case .agent(let agent): .agent(agent)
            }
    }
}

/// The store that stands under a path: opened again where the file was replaced, since a server may live for days.
final class CurrentStore: Sendable {
    /// A quarter of what other programs take: many servers may run, and each reads little at once.
    static let cacheKilobytes = 1024

    private let path: String
    private let store: Mutex<Store>

    init(_ store: Store) {
        path = store.path
        self.store = Mutex(store)
    }

    /// The store.
    ///
    /// - Throws: ``StoreError`` if another file has the name, and can't be opened.
    func get() throws(StoreError) -> Store {
        let current = store.withLock { $0 }
        guard current.isReplaced else { return current }
        var environment = StoreDependencies.live
        environment.cacheKilobytes = CurrentStore.cacheKilobytes
        let opened = try Store(path: path, environment: environment)
        store.withLock { $0 = opened }
        return opened
    }
}
