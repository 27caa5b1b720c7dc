import ArgumentParser
import ConvoApp
import ConvoModel
import ConvoTerminal
import Glibc

/// How a command that threw ends: what it prints where, and its exit code.
enum CommandResult: Equatable {
    /// Help or the version: what the person asked for.
    case answer(String)
    case usage(String, hint: String? = nil, asJSON: Bool)
    case failure(CLIError, asJSON: Bool)
    /// Everything was said already.
    case silent(code: Int32)
    case readerGone

    init(of error: any Error, arguments: [String]) {
        let asJSON = arguments.prefix { $0 != "--" }.contains("--json")
        if let failure = CLIError(error) {
            self = .failure(failure, asJSON: asJSON)
        } else if error as? TerminalDevice.WriteFailure == .readerGone {
            self = .readerGone
        } else if let code = error as? ArgumentParser.ExitCode {
            self = .silent(code: code.rawValue)
        } else if Convo.exitCode(for: error).isSuccess {
            self = .answer(Convo.fullMessage(for: error))
        } else if let verb = Arguments.unknownVerb(in: arguments) {
            let failure = CLIError(
                .usage, code: "usage", message: "There is no command \"\(verb.prefix(40))\".",
                hint: "Run `convo help` to see what there is.")
            self = .failure(failure, asJSON: asJSON)
        } else {
            self = .usage(
                asJSON ? Convo.message(for: error) : Convo.fullMessage(for: error),
                hint: DashedTexts.unknownOption(in: arguments).map(CommandResult.hint), asJSON: asJSON)
        }
    }

    private static func hint(unknown option: String) -> String {
        "If \"\(option.prefix(40))\" is meant as text, put -- before it, behind all options: … -- 'text'"
    }

    func happen() -> Never {
        let ansi = TerminalDevice.standardError.ansi { name in getenv(name).map { String(cString: $0) } }
        switch self {
        case .answer(let text):
            try? TerminalDevice.standardOutput.write(text + "\n")
            exit(0)
        case .usage(let text, let hint, asJSON: false):
            say(([text] + [hint.map { "Hint: \($0)" }].compactMap(\.self)).joined(separator: "\n").sanitised(.block))
            exit(ConvoTerminal.ExitCode.usage.rawValue)
        case .usage(let text, let hint, asJSON: true):
            let failure = CLIError(.usage, code: "usage", message: text, hint: hint ?? "Run `convo help`.")
            say(failure.json.text)
            exit(failure.exitCode.rawValue)
        case .failure(let failure, let asJSON):
            say(asJSON ? failure.json.text : failure.text(ansi: ansi))
            exit(failure.exitCode.rawValue)
        case .silent(let code):
            exit(code)
        case .readerGone:
            // As if the signal had not been ignored: nobody reads a message either.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
            exit(128 + SIGPIPE)
        }
    }

    /// Standard error may be closed too: then there is nobody to tell.
    private func say(_ text: String) { try? TerminalDevice.standardError.write(text + "\n") }
}
