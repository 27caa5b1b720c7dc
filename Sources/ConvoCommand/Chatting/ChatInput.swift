import ConvoTerminal

/// What a line means that a person types in a chat.
enum ChatInput: Equatable {
    /// The line is empty.
    case nothing
    /// A text for the model; `//` at its beginning stands for `/`.
    case message(String)
    /// A command.
    case command(ChatCommand)
    /// A command that does not exist, or whose argument is wrong: what to tell the person.
    case mistake(String)

    init(_ line: String) {
        let text = line.trimmed
        guard !text.isEmpty else {
            self = .nothing
            return
        }
        guard text.first == "/" else {
            self = .message(line)
            return
        }
        if text.hasPrefix("//") {
            self = .message(String(text.dropFirst()))
            return
        }
        let words = text.dropFirst().split(maxSplits: 1) { $0 == " " || $0 == "\n" || $0 == "\t" }
        self = ChatInput(
            commandNamed: words.first.map(String.init) ?? "", argument: words.count > 1 ? String(words[1]).trimmed : "")
    }

    private init(commandNamed name: String, argument: String) {
        guard let form = ChatCommand.Form(rawValue: name) else {
            let near =
                ChatCommand.Form.nearest(to: name).map { " Did you mean /\($0.rawValue)?" } ?? " /help lists them."
            self = .mistake(
                "There is no command /\(name.prefix(20)).\(near) A message that begins with / is typed with //.")
            return
        }
        self = form.command(argument).map(ChatInput.command) ?? .mistake("Type it as \(form.usage).")
    }
}

/// A command of a chat.
enum ChatCommand: Equatable {
    case help
    /// Goes on from an entry, in a new conversation; `nil` for the last.
    case branch(Int?)
    /// Changes a message, and goes on from there; `nil` for the last.
    case edit(Int?)
    /// Takes back the last message that was not sent.
    case cancel
    /// Tells the model, or chooses one for a new conversation.
    case model(String?)
    /// Puts an entry's text on the clipboard; `nil` for the last answer.
    case copy(Int?)
    /// Gives the conversation a name, which is kept here; an empty one takes it away.
    case name(String)
    case quit

    /// The form of a command; the raw value is its name.
    enum Form: String, CaseIterable {
        case help, branch, edit, cancel, model, copy, name, quit

        /// How the command is typed.
        var usage: String {
            switch self {
            case .branch, .edit, .copy: "/\(rawValue) [#N]"
            case .model: "/model [NAME]"
            case .name: "/name [TEXT]"
            case .help, .cancel, .quit: "/\(rawValue)"
            }
        }

        /// What the command does, in a few words.
        var effect: String {
            switch self {
            case .help: "shows this"
            case .branch: "goes on from entry N, or the last, in a branch"
            case .edit: "changes message N, or the last, and goes on from there in a branch"
            case .cancel: "takes back the last message that is not sent yet"
            case .model: "tells the model; a NAME begins a new conversation with it"
            case .copy: "puts entry N, or the last answer, on the clipboard"
            case .name: "names the conversation, here only; without TEXT the name goes"
            case .quit: "ends the chat, as Ctrl-D does"
            }
        }

        /// The command with its argument; `nil` where that is none that it takes.
        func command(_ argument: String) -> ChatCommand? {
            switch self {
            case .help: argument.isEmpty ? .help : nil
            case .cancel: argument.isEmpty ? .cancel : nil
            case .quit: argument.isEmpty ? .quit : nil
            case .name: .name(argument)
            case .branch: Form.number(argument).map { .branch($0) }
            case .edit: Form.number(argument).map { .edit($0) }
            case .copy: Form.number(argument).map { .copy($0) }
            case .model: argument.contains(" ") ? nil : .model(argument.isEmpty ? nil : argument)
            }
        }

        /// An entry's number, with or without `#`: one that may be missing, or `nil` for a text that is none.
        private static func number(_ argument: String) -> Int?? {
            if argument.isEmpty { return .some(nil) }
            let digits = argument.first == "#" ? argument.dropFirst() : argument[...]
            guard let number = Int(digits), number > 0 else { return nil }
            return .some(number)
        }

        /// The command whose name begins as a text does, or differs from it in at most two letters.
        static func nearest(to name: String) -> Form? {
            guard !name.isEmpty else { return nil }
            let beginning = allCases.filter { $0.rawValue.hasPrefix(name) }
            if beginning.count == 1 { return beginning.first }
            return Suggestion.nearest(to: name, among: allCases.map(\.rawValue)).flatMap(Form.init)
        }
    }

    /// The lines of `/help`.
    static func help(_ width: Int) -> [String] {
        let column = (Form.allCases.map(\.usage.count).max() ?? 0) + 2
        return Form.allCases.flatMap { form in
            let lines = form.effect.wrapped(to: max(width - column, 12))
            return zip([form.usage] + Array(repeating: "", count: lines.count), lines).map {
                $0.padded(to: column) + $1
            }
        }
            + """
            Alt-Enter, or \\ at a line's end, goes on in a new line. Ctrl-C clears the line, or stops an answer. \
            // at the beginning stands for /.
            """.wrapped(to: width)
    }
}

extension String {
    /// The text without white space at its ends.
    var trimmed: String {
        let rest = drop { $0.isWhitespace }
        guard let end = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(rest[...end])
    }
}

/// Joins the lines of a message of which each but the last ends with a backslash.
struct MessageAssembly {
    private var lines: [String] = []

    /// Whether a line is missing.
    var isOpen: Bool { !lines.isEmpty }

    /// Takes the next line.
    ///
    /// - Returns: the whole message; `nil` where another line belongs to it.
    mutating func take(_ line: String) -> String? {
        if line.hasSuffix("\\"), !line.hasSuffix("\\\\") {
            lines.append(String(line.dropLast()))
            return nil
        }
        defer { lines = [] }
        return (lines + [line]).joined(separator: "\n")
    }

    /// Takes what there is of a message whose last line never came.
    mutating func end() -> String? {
        defer { lines = [] }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
