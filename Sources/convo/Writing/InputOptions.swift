import ArgumentParser
import ConvoModel
import ConvoStore
import ConvoTerminal

/// What is said: a text, standard input, or the API's entries.
struct InputOptions: ParsableArguments {
    @Argument(help: "The message; - reads it from standard input.")
    var text: String?

    @Option(
        help: ArgumentHelp(
            "A file with the API's array of entries (or a JSON string); - reads standard input.", valueName: "file"))
    var inputs: String?

    /// The inputs that were given, `nil` if none were.
    func read() throws -> Inputs? {
        if let inputs {
            guard text == nil else { throw ValidationError("Give either a text or --inputs, not both.") }
            return try Inputs(json: JSONText(utf8: InputFile.bytes(of: inputs)))
        }
        guard let text else { return nil }
        guard !text.isEmpty else { throw ValidationError("The message is empty.") }
        guard text == "-" else { return .text(text) }
        let bytes = try InputFile.bytes(of: "-")
        guard let piped = String(validating: bytes, as: UTF8.self) else {
            throw CLIError(.badData, code: "not_utf8", message: "Standard input is not UTF-8 text.")
        }
        guard !piped.isEmpty else {
            throw CLIError(.badData, code: "empty_message", message: "There is nothing on standard input.")
        }
        return .text(piped)
    }
}
