import ConvoModel
import ConvoTerminal
import Glibc

/// Where a verb's answer goes: JSON for programs, lines for people.
struct Console {
    /// Variables that no program started from here inherits.
    private static let secrets = ["MISTRAL_API_KEY"]

    let asJSON: Bool
    private let device = TerminalDevice.standardOutput

    init(asJSON: Bool) { self.asJSON = asJSON }

    /// How the answer is laid out for the terminal that is there.
    var style: OutputStyle {
        OutputStyle(
            ansi: device.ansi(environment: Console.variable), width: device.width, times: LocalTimeFormatter.here())
    }

    /// Prints the one form or the other; only the form that is asked for is made.
    func print(json: @autoclosure () -> JSONText, lines: (OutputStyle) -> [String]) throws {
        try asJSON ? write(json()) : write(lines(style))
    }

    /// The same for what may be longer than a screen.
    func page(json: @autoclosure () -> JSONText, lines: (OutputStyle) -> [String]) throws {
        guard !asJSON else { return try write(json()) }
        let text = lines(style).map { $0 + "\n" }.joined()
        try Pager(device: device, environment: Console.variable).show(text, hiding: Console.secrets)
    }

    /// Says something beside the answer, on standard error.
    func note(_ text: String) throws {
        let device = TerminalDevice.standardError
        try device.write(device.ansi(environment: Console.variable).faint(text.sanitised(.line)) + "\n")
    }

    /// Does what may take long, and says so on standard error while it does. With `--json` only errors stand there.
    func whileWaiting<Value>(for subject: String, _ work: () async throws -> Value) async throws -> Value {
        guard !asJSON else { return try await work() }
        return try await WaitNotice("Still waiting for \(subject)") { try? note($0) }.during(work)
    }

    private func write(_ json: JSONText) throws {
        try device.write(device.isTerminal ? json.escapedForTerminal : json.text)
        try device.write("\n")
    }

    private func write(_ lines: [String]) throws {
        try device.write(lines.map { $0 + "\n" }.joined())
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// What the people's form of an answer depends on, as a value.
struct OutputStyle: Sendable {
    let ansi: ANSIStyle
    /// The terminal's columns; `nil` where there is none.
    let width: Int?
    let times: LocalTimeFormatter

    /// The columns that running text takes: wider lines are hard to read.
    var textWidth: Int { min(width ?? OutputStyle.comfortableWidth, OutputStyle.comfortableWidth) }

    static let comfortableWidth = 100
}
