import ArgumentParser
import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoTerminal

/// The end of a command that threw: what the process prints, where, and its exit code.
enum CommandResult: Equatable {
    /// Help or the version, which the person asked for: on standard output, with exit code 0.
    case answer(String)
    /// The arguments are wrong.
    case usage(String, hint: String? = nil, asJSON: Bool)
    /// The command failed.
    case failure(CLIError, asJSON: Bool)
    /// The command has printed everything itself.
    case silent(code: Int32)
    /// The process that reads standard output has closed it.
    case readerGone

    /// Decides how the process ends after an error.
    ///
    /// - Parameters:
    ///   - error: what the command, the parser or a check threw.
    ///   - arguments: the process's arguments without its name; a `--json` before `--`, or `--output json` of a list, makes errors JSON.
    init(of error: any Error, arguments: [String]) {
        let asJSON = Arguments.askForJSON(arguments)
        if let failure = CLIError(error) {
            self = .failure(failure, asJSON: asJSON)
        } else if error as? TerminalDevice.WriteFailure == .readerGone {
            self = .readerGone
        } else if let code = error as? ArgumentParser.ExitCode {
            self = .silent(code: code.rawValue)
        } else if Convo.exitCode(for: error).isSuccess {
            self = .answer(CompletionScript.mended(Convo.fullMessage(for: error), for: arguments))
        } else if let verb = MistypedVerb(in: arguments) {
            self = .failure(CLIError(.usage, code: "usage", message: verb.message, hint: verb.hint), asJSON: asJSON)
        } else {
            self = .usage(
                asJSON ? Convo.message(for: error) : Convo.fullMessage(for: error),
                hint: DashedTexts.unknownOption(in: arguments).map(CommandResult.hint), asJSON: asJSON)
        }
    }

    private static func hint(unknown option: String) -> String {
        "If \"\(option.prefix(40))\" is meant as text, put -- before it, behind all options: … -- 'text'"
    }

    /// Prints the result and ends the process.
    func happen() -> Never {
        let ansi = TerminalDevice.standardError.ansi { name in getenv(name).map { String(cString: $0) } }
        switch self {
        case .answer(let text):
            let device = TerminalDevice.standardOutput
            try? device.write(HelpText.wrapped(text, to: HelpText.width(of: device)) + "\n")
            exit(0)
        case .usage(let text, let hint, asJSON: false):
            let whole = ([text] + [hint.map { "Hint: \($0)" }].compactMap(\.self)).joined(separator: "\n")
            say(HelpText.wrapped(whole.sanitised(.block), to: HelpText.width(of: .standardError)))
            exit(ConvoTerminal.ExitCode.usage.rawValue)
        case .usage(let text, let hint, asJSON: true):
            let failure = CLIError(.usage, code: "usage", message: text, hint: hint ?? "Run `convo help`.")
            say(failure.json.text)
            exit(failure.exitCode.rawValue)
        case .failure(let failure, let asJSON):
            say(asJSON ? failure.json.text : failure.text(ansi: ansi, width: TerminalDevice.standardError.width))
            if Interruption.isAsked { Interruption.end() }
            exit(failure.exitCode.rawValue)
        case .silent(let code):
            exit(code)
        case .readerGone:
            // The process ends by the signal, as if it did not ignore it; a message would have no reader either.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
            exit(128 + SIGPIPE)
        }
    }

    /// Writes to standard error; where that is closed too, the message is lost.
    private func say(_ text: String) { try? TerminalDevice.standardError.write(text + "\n") }
}
