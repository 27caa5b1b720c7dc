import ConvoPlatform
import ConvoTerminal

/// Asks a person before something is destroyed.
///
/// Only a person is asked: where standard input and standard error are terminals, and the answer is not JSON. A script is
/// never asked, and does not need `--yes`.
enum Confirmation {
    /// Returns where the person agrees, or is not asked.
    ///
    /// - Parameters:
    ///   - question: what is about to happen, as a question; text of the server in it is sanitised here.
    ///   - isGiven: whether the person gave `--yes`.
    ///   - console: tells whether a program reads the result.
    /// - Throws: ``CLIError`` `not_confirmed` for any other answer than yes.
    static func require(_ question: @autoclosure () throws -> String, isGiven: Bool, _ console: Console) throws {
        let terminal = TerminalDevice.standardError
        guard !isGiven, !console.asJSON, TerminalDevice.standardInput.isTerminal, terminal.isTerminal else { return }
        try terminal.write("\(try question().sanitised(.line)) [y/N] ")
        guard isYes(readLine()) else {
            throw CLIError(
                .usage, code: "not_confirmed", message: "Nothing was changed.", hint: "Answer y, or give --yes.")
        }
    }

    static func isYes(_ answer: String?) -> Bool {
        ["y", "yes"].contains((answer ?? "").lowercased().filter { !$0.isWhitespace })
    }
}
