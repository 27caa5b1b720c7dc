import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// The inputs of a write: a text, standard input, or the API's entries.
struct InputOptions: ParsableArguments {
    @Argument(help: "The message; - reads it from standard input.")
    var text: String?

    @Option(
        help: ArgumentHelp(
            "A file with the API's array of entries (or a JSON string); - reads standard input.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var inputs: String?

    /// Reads the inputs that were given; blocks while it reads standard input or a file.
    ///
    /// - Returns: the inputs; `nil` if none were given.
    /// - Throws: `ValidationError` for an empty text and for a text beside `--inputs`; ``CLIError`` for a file that
    ///   cannot be read, or that is empty or not UTF-8; an error of ConvoModel for entries that cannot be read.
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

extension InputOptions {
    static func taking(_ text: String) -> InputOptions {
        var options = InputOptions()
        (options.text, options.inputs) = (text, nil)
        return options
    }
}

/// A file that a person names, or standard input.
enum InputFile {
    private static let chunk = 64 << 10

    /// Reads a file to its end; blocks meanwhile.
    ///
    /// - Parameter path: the file's path; `-` is standard input.
    /// - Returns: its bytes, at most ``Store/requestLimit``.
    /// - Throws: ``CLIError`` for a file that is missing, unreadable or larger.
    static func bytes(of path: String) throws(CLIError) -> [UInt8] {
        if path == "-" { return try bytes(from: STDIN_FILENO, named: "standard input") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, path) }
        defer { close(descriptor) }
        return try bytes(from: descriptor, named: path)
    }

    private static func bytes(from descriptor: Int32, named name: String) throws(CLIError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunk)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno, name) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= Store.requestLimit else {
                throw CLIError(
                    .badData, code: "request_too_large",
                    message: "There are more than \(Store.requestLimit) bytes in \(name).", hint: "Send it in parts.")
            }
        }
    }

    private static func failure(_ code: Int32, _ name: String) -> CLIError {
        let isMissing = code == ENOENT || code == ENOTDIR
        return CLIError(
            isMissing ? .notFound : .badData, code: isMissing ? "missing_file" : "unreadable_file",
            message: isMissing
                ? "There is no file \(name)." : "Can't read \(name): \(String(cString: strerror(code))).",
            hint: "Check the path and its permissions; - reads standard input.")
    }
}

/// A parameter of the API that is JSON: the JSON text itself, or `@FILE`.
struct JSONArgument: ExpressibleByArgument {
    private static let hint = "Quote it for the shell, or put it into a file and give @FILE."

    private let argument: String

    init?(argument: String) { self.argument = argument }

    /// Reads the JSON; blocks while it reads a file.
    ///
    /// - Parameters:
    ///   - option: the option's name without its dashes, for the messages.
    ///   - kind: what the JSON must be.
    /// - Returns: the JSON as it was given.
    /// - Throws: ``CLIError`` if the file cannot be read, or its text is not JSON of that kind.
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
