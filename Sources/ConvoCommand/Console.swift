import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoTerminal

/// Prints the result of a verb: JSON for programs, lines for people.
struct Console {
    /// The environment variables that the pager does not inherit.
    private static let secrets = [APIKey.variable]

    let asJSON: Bool
    private let device = TerminalDevice.standardOutput

    init(asJSON: Bool) { self.asJSON = asJSON }

    /// The layout for standard output as it is now.
    var style: OutputStyle {
        OutputStyle(
            ansi: device.ansi(environment: Console.variable), width: device.width, times: LocalTimeFormatter.here())
    }

    /// Whether standard output is a terminal, so that a person reads it.
    var isTerminal: Bool { device.isTerminal }

    /// Whether standard output is a terminal that moves the cursor where it is told.
    var obeysEscapes: Bool { isTerminal && !["dumb", ""].contains(Console.variable("TERM") ?? "") }

    /// What of a text's links and images the terminal shows, by itself and through the pager.
    func richStyle(_ style: OutputStyle) -> RichStyle {
        let pager = Pager(device: device, environment: Console.variable)
        // A pager counts and cuts lines, and knows nothing of what an image takes.
        let shown = isTerminal && pager.isDirect ? ImageProtocol(environment: Console.variable) : nil
        return RichStyle(
            hasHyperlinks: style.ansi.isColoured && pager.keepsHyperlinks(),
            images: style.ansi.isColoured ? shown : nil,
            columnPixels: device.columnPixels)
    }

    /// Prints a result to standard output, as JSON or as lines; makes only the form that it prints.
    func print(json: @autoclosure () -> JSONText, lines: (OutputStyle) -> [String]) throws {
        let style = style
        try asJSON ? write(json()) : write(lines(style).flatMap { Console.broken($0, to: style.width) })
    }

    /// Prints a result that may be longer than a screen: lines go through a pager, JSON does not.
    func page(json: @autoclosure () -> JSONText, lines: (OutputStyle) -> [String]) throws {
        guard !asJSON else { return try write(json()) }
        try page(lines)
    }

    /// Prints lines that may be more than a screen, through a pager.
    func page(_ lines: (OutputStyle) -> [String]) throws {
        let style = style
        try pageMade { write in
            try write(Console.text(lines(style).flatMap { Console.broken($0, to: style.width) }))
        }
    }

    /// Prints lines that a person copies, or a program reads: none is broken, whatever the terminal's width.
    func paste(_ lines: [String]) throws { try write(lines) }

    /// Prints a JSON document.
    func print(_ json: JSONText) throws { try write(json) }

    /// Prints lines that are made while they are shown, through a pager.
    func pageMade(_ make: (_ write: (LineText) throws -> Void) throws -> Void) throws {
        try Pager(device: device, environment: Console.variable).show(hiding: Console.secrets, make)
    }

    /// A sentence broken for the terminal's width. What has styles was laid out for the width when it was made, and a path or an
    /// id stays in one piece, so that it can be copied.
    static func broken(_ line: String, to width: Int?) -> [String] {
        guard let width, !line.contains("\u{1B}"), line.contains(" "), line.columns > width else { return [line] }
        return line.wrapped(to: width)
    }

    /// The text of lines.
    static func text(_ lines: [String]) -> LineText {
        var text = LineText()
        for line in lines { text.add(line) }
        return text
    }

    /// Prints a JSON document that is made while it is printed.
    ///
    /// - Parameter make: hands on the pieces of the document's text, in order; no piece ends inside of a string.
    /// - Throws: what `make` throws, and ``TerminalDevice/WriteFailure``.
    func printMade(_ make: (_ write: (String) throws -> Void) throws -> Void) throws {
        try make { try device.write(device.isTerminal ? JSONText.stored($0).escapedForTerminal : $0) }
        try device.write("\n")
    }

    /// Prints a line beside the result, to standard error.
    func note(_ text: String) throws {
        let device = TerminalDevice.standardError
        let ansi = device.ansi(environment: Console.variable)
        let lines = Console.broken(text.sanitised(.line), to: device.width).map(ansi.faint)
        try device.write(lines.joined(separator: "\n") + "\n")
    }

    /// Does work that may take long, with notices on standard error (``WaitNotice``); without them under `--json`,
    /// where standard error has only errors.
    func whileWaiting<Value>(for subject: String, _ work: () async throws -> Value) async throws -> Value {
        guard !asJSON else { return try await work() }
        return try await WaitNotice("Still waiting for \(subject)") { try? note($0) }.during(work)
    }

    /// Writes a text as it is.
    func write(_ text: String) throws { try device.write(text) }

    private func write(_ json: JSONText) throws {
        try device.write(device.isTerminal ? json.escapedForTerminal : json.text)
        try device.write("\n")
    }

    private func write(_ lines: [String]) throws {
        try device.write(Console.text(lines))
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// Everything that the layout of a result for people depends on.
struct OutputStyle: Sendable {
    let ansi: ANSIStyle
    /// The terminal's width in columns; `nil` where standard output is not a terminal, or one that does not tell.
    let width: Int?
    let times: LocalTimeFormatter

    /// The width of running text, in columns.
    var textWidth: Int { min(width ?? OutputStyle.comfortableWidth, OutputStyle.comfortableWidth) }

    /// The largest width of running text, in columns; longer lines are hard to read.
    static let comfortableWidth = 100
}

/// What a terminal shows beside text.
struct RichStyle: Sendable {
    /// Neither links nor images.
    static let none = RichStyle(hasHyperlinks: false, images: nil, columnPixels: nil)

    /// Whether a text may be a link that the terminal opens.
    let hasHyperlinks: Bool
    /// How images are shown; `nil` where they are named only.
    let images: ImageProtocol?
    /// The width of one column in pixels, where the terminal tells it.
    let columnPixels: Int?
}
