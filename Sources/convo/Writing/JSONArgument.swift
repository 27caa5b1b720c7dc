import ArgumentParser
import ConvoModel
import ConvoTerminal

/// A parameter of the API that is JSON: given as it is, or as `@FILE`.
struct JSONArgument: ExpressibleByArgument {
    private static let hint = "Quote it for the shell, or put it into a file and give @FILE."

    private let argument: String

    init?(argument: String) { self.argument = argument }

    /// - Throws: ``CLIError`` naming the option, if there is no such file or its text is no JSON of that kind.
    func value(of option: String, _ kind: JSONText.Kind) throws -> JSONText {
        let bytes =
            argument.hasPrefix("@") ? try InputFile.bytes(of: String(argument.dropFirst())) : Array(argument.utf8)
        do {
            let value = try JSONText(utf8: bytes)
            guard value.kind == kind else {
                throw CLIError(
                    .badData, code: "invalid_json",
                    message: "--\(option) must be a JSON \(kind == .array ? "array" : "object").",
                    hint: JSONArgument.hint)
            }
            return value
        } catch let error as JSONSyntaxError {
            throw CLIError(
                .badData, code: "invalid_json", message: "--\(option) is no JSON: \(error).", hint: JSONArgument.hint)
        }
    }
}
