import ArgumentParser

struct History: NamedVerb {
    static let name = "history"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "All entries of a conversation in order, then what is pending.",
        discussion: "On a terminal as `convo show` shows them; in a pipe, and with --raw, each text as it stands."
            .withExamples(
                "convo history a8p3",
                "convo history a8p3 --tail 20",
                "convo history a8p3 --since yesterday --full"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String

    @Flag(help: .full) var full = false
    @Flag(help: .dropped) var dropped = false
    @Flag(help: .raw) var raw = false
    @Option(help: .tail) var tail: Int?
    @Option(help: .since) var since: String?

    @OptionGroup var common: CommonOptions

    static func taking(_ given: PlainArguments) -> History? {
        guard given.words.count == 1, let tail = given.count(of: "--tail") else { return nil }
        var verb = History()
        (verb.conversation, verb.full, verb.dropped, verb.raw) = (given.words[0], false, false, false)
        (verb.tail, verb.since, verb.common) = (tail, nil, .taking(given))
        return verb
    }

    func validate() throws { try HistoryPrinter.check(tail: tail) }

    func run() throws {
        let console = common.console
        let request = HistoryRequest(tail: tail, since: since, includesDropped: dropped, isWhole: full)
        try HistoryPrinter(of: conversation, request, in: common.store(), console)
            .print(isRendered: console.isTerminal && !raw)
    }
}

struct Show: NamedVerb {
    static let name = "show"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "A conversation laid out for reading.",
        discussion: """
            Markdown is laid out for the width of the terminal; what the model thought and what tools did take a line each. Images \
            are shown where the terminal can and no pager is used (PAGER=cat). The number before an entry is its place in \
            the conversation.
            """.withExamples(
                "convo show a8p3",
                "convo show a8p3 --tail 5 --full"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String

    @Flag(help: .full) var full = false
    @Flag(help: .dropped) var dropped = false
    @Flag(help: .raw) var raw = false
    @Option(help: .tail) var tail: Int?
    @Option(help: .since) var since: String?

    @OptionGroup var common: CommonOptions

    static func taking(_ given: PlainArguments) -> Show? {
        guard given.words.count == 1, let tail = given.count(of: "--tail") else { return nil }
        var verb = Show()
        (verb.conversation, verb.full, verb.dropped, verb.raw) = (given.words[0], false, false, false)
        (verb.tail, verb.since, verb.common) = (tail, nil, .taking(given))
        return verb
    }

    func validate() throws { try HistoryPrinter.check(tail: tail) }

    func run() throws {
        let request = HistoryRequest(tail: tail, since: since, includesDropped: dropped, isWhole: full)
        try HistoryPrinter(of: conversation, request, in: common.store(), common.console).print(isRendered: !raw)
    }
}

struct Messages: NamedVerb {
    static let name = "messages"
    static let configuration = CommandConfiguration.verb(
        name, abstract: "The messages of a conversation, without tools.",
        discussion: "".withExamples(
            "convo messages a8p3 --tail 5"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @Flag(help: .raw) var raw = false
    @Option(help: .tail) var tail: Int?
    @Option(help: .since) var since: String?
    @OptionGroup var common: CommonOptions

    func validate() throws { try HistoryPrinter.check(tail: tail) }

    func run() throws {
        let console = common.console
        let request = HistoryRequest(tail: tail, since: since, onlyMessages: true, isWhole: true)
        try HistoryPrinter(of: conversation, request, in: common.store(), console)
            .print(isRendered: console.isTerminal && !raw)
    }
}

extension ArgumentHelp {
    fileprivate static let full = ArgumentHelp("Show what the model thought and what tools said in full.")
    fileprivate static let dropped = ArgumentHelp("Also what the server no longer lists.")
    fileprivate static let raw = ArgumentHelp(
        "Show texts as they stand, Markdown and all, and ids in place of numbers.")
    fileprivate static let tail = ArgumentHelp("Only the last so many.", valueName: "count")
    fileprivate static let since = ArgumentHelp(
        "Only from a day or time on: 2026-03-11, yesterday, 7d.", valueName: "when")
}
