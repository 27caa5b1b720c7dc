import ArgumentParser
import ConvoApp
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoSync
import ConvoTerminal

struct Chat: NamedVerb {
    static let name = "chat"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Talks with a model, message by message.",
        discussion: """
            Without a conversation, the first message begins one. Answers are shown as they come. Without a network, what is \
            typed is queued, and its answer is shown when it comes, whichever process brings it.

            In a pipe, each line is a message; a \\ at its end goes on with the next line.
            """.withExamples(
                "convo chat a8p3", "convo chat --model mistral-medium-latest", "convo chat a8p3 < messages.txt"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String?

    @Option(help: "The model that answers in a new conversation; by default, the setting `model`.", completion: .model)
    var model: String?

    @Option(help: "The agent that answers in a new conversation; by default, the setting `agent`.", completion: .agent)
    var agent: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard conversation == nil || (model == nil && agent == nil) else {
            throw ValidationError(
                "A conversation keeps its model and its agent: give either CONVERSATION, or --model or --agent.")
        }
        guard model == nil || agent == nil else { throw ValidationError("Give either --model or --agent, not both.") }
    }

    func perform() async throws {
        let settings = try common.settings()
        let store = try common.store(settings)
        let target = try target(in: store, settings)
        let engine = Result { try common.engine(for: store) }
        let isInteractive = TerminalDevice.standardInput.isTerminal && TerminalDevice.standardOutput.isTerminal
        guard isInteractive, !common.json else {
            return try await PipedChat(store: store, engine: engine, console: common.console).run(target)
        }
        let lines = TypedLinesFile(beside: store.path)
        let isDumb = getenv("TERM").map { String(cString: $0) } == "dumb"
        let work = InterruptibleWork()
        let reader = try LineReader.open(isInteractive: true, isDumb: isDumb, remembered: lines.read()) {
            _ = work.interrupt()
        }
        let signals = ChatSignals(work, reader)
        defer {
            signals.end()
            reader.close()
        }
        let session = ChatSession(
            store: store, engine: engine, target: target, reader: reader, lines: lines, work: work,
            console: common.console)
        try await session.run()
    }

    /// Who answers, and where: as the arguments say, or else the settings.
    private func target(in store: Store, _ settings: Settings) throws -> ChatTarget {
        if let conversation { return .conversation(try ConversationLookup(store: store).conversation(conversation)) }
        if model != nil || agent != nil { return .new(model: model, agent: agent) }
        switch settings.answerer {
        case .model(let model): return .new(model: model, agent: nil)
        case .agent(let agent): return .new(model: nil, agent: agent)
        case nil:
            throw CLIError(
                .usage, code: "usage", message: "Nobody is named who answers.",
                hint: "Give --model NAME or --agent ID, or CONVERSATION to go on with one of `convo list`. "
                    + "`convo config set model NAME` makes a model the default.")
        }
    }
}

extension LineReader {
    /// Begins to read standard input, as ``init(isInteractive:isDumb:remembered:onInterrupt:)`` does.
    static func open(
        isInteractive: Bool, isDumb: Bool = false, remembered: [String] = [],
        onInterrupt: @escaping @Sendable () -> Void = {}
    ) throws(CLIError) -> LineReader {
        let reader = LineReader(
            isInteractive: isInteractive, isDumb: isDumb, remembered: remembered, onInterrupt: onInterrupt)
        guard let reader else {
            throw CLIError(
                .internal, code: "no_descriptors", message: "The process may open no further files.",
                hint: "Raise the limit: ulimit -n.")
        }
        return reader
    }
}
