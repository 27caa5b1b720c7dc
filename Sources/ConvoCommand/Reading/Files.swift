import ArgumentParser
import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

struct Files: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "The files that conversations refer to: generated images, tables, documents.",
        discussion: "convod and `convo sync` fetch them soon after their entries, since the server's links expire.",
        subcommands: [List.self, Get.self, Open.self, Retry.self], defaultSubcommand: List.self)

    struct List: Verb {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The files, oldest first.",
            discussion: "".withExamples(
                "convo files",
                "convo files a8p3"))

        @Argument(
            help: ArgumentHelp(
                "Only those of this conversation, or of one of its entries (a8p3#12).", valueName: "conversation"),
            completion: .conversation)
        var conversation: String?

        @Option(name: .shortAndLong, help: .output) var output: OutputFormat?
        @OptionGroup var common: CommonOptions

        func validate() throws { _ = try OutputFormat.chosen(output, asJSON: common.json) }

        func run() throws {
            let format = try OutputFormat.chosen(output, asJSON: common.json)
            let store = try common.store()
            let files = try files(in: store)
            guard format == .table else {
                return try common.console.printRows(format, columns: StoredFile.members) { try $0(files.map(\.json)) }
            }
            let names = try Names(of: files.map(\.conversation), in: store)
            try common.console.page { StoredFile.table(files, $0, names) }
        }

        /// All files, those of a conversation, or those of one of its entries.
        private func files(in store: Store) throws -> [StoredFile] {
            guard let conversation else { return try store.files() }
            let (id, entry) = try ConversationLookup(store: store).conversationAndEntry(conversation)
            return try store.files(of: id).filter { entry == nil || $0.entry == entry }
        }
    }

    struct Get: Verb {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Copies a file to where you want it.",
            discussion: "".withExamples(
                "convo files get 3",
                "convo files get 3 --output - | sha256sum"))

        @Argument(help: .file, completion: .storedFile) var file: Int64

        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("Where to; - is standard output. Default: its name, in this folder.", valueName: "path"),
            completion: .file())
        var output: String?

        @OptionGroup var common: CommonOptions

        func run() throws {
            let stored = try common.store().file(file)
            let source = try stored.requirePath()
            let target = output ?? stored.fileName
            let written = try FileCopy.copy(source, to: output == "-" ? nil : target)
            guard output != "-" else { return }
            try common.console.print(json: .object(["path": .string(target), "size": .int(written)])) { _ in
                ["\(target.sanitised(.line)): \(written.byteCount)"]
            }
        }
    }

    struct Open: Verb {
        static let configuration = CommandConfiguration(
            commandName: "open", abstract: "Shows a file with the program that is meant for its type.",
            discussion: "Runs xdg-open.".withExamples(
                "convo files open 3"))

        @Argument(help: .file, completion: .storedFile) var file: Int64
        @OptionGroup var common: CommonOptions

        func run() throws {
            let path = try common.store().file(file).requirePath()
            let words: [UnsafeMutablePointer<CChar>?] = [strdup("xdg-open"), strdup(path), nil]
            execvp("xdg-open", words)
            throw CLIError(
                .notFound, code: "no_opener",
                message: "xdg-open could not be run (\(String(cString: strerror(errno)))).",
                hint: "The file is \(path)")
        }
    }

    struct Retry: Verb {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Has a file fetched that was not, wherever its link leads.",
            discussion: "convod or the next `convo sync` does it.".withExamples(
                "convo files retry 3"))

        @Argument(help: .file, completion: .storedFile) var file: Int64
        @OptionGroup var common: CommonOptions

        func run() throws {
            let store = try common.store()
            _ = try store.file(file)
            try store.retry(file: file)
            let stored = try store.file(file)
            try common.console.print(json: stored.json) { _ in ["File \(file) is \(stored.state.words)."] }
        }
    }
}

extension StoredFile {
    /// The path of the file's bytes.
    ///
    /// - Throws: ``CLIError`` if they are not here.
    fileprivate func requirePath() throws(CLIError) -> String {
        if let path, access(path, R_OK) == 0 { return path }
        let isLost = state == .stored
        throw CLIError(
            .notFound, code: "no_such_file",
            message:
                "File \(key) is not here: \(isLost ? "its bytes are gone from the folder beside the database" : standing).",
            hint: hint)
    }
}

extension StoredFile {
    private var hint: String {
        switch state {
        case .pending: "Run `convo sync`."
        case .tooLarge: "Raise `file_limit` in the config file; then run `convo files retry \(key)` and `convo sync`."
        default: "Run `convo files retry \(key)`, then `convo sync`."
        }
    }
}

/// Copies a file's bytes.
enum FileCopy {
    /// - Parameters:
    ///   - source: the file.
    ///   - target: a path where there is no file; `nil` for standard output.
    /// - Returns: how many bytes were written.
    /// - Throws: ``CLIError`` if the target is there already or cannot be written; a file that is not whole is removed.
    static func copy(_ source: String, to target: String?) throws(CLIError) -> Int {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure(source) }
        defer { close(input) }
        let output = target.map { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) } ?? STDOUT_FILENO
        let name = target ?? "standard output"
        guard output >= 0 else { throw failure(name) }
        defer { if target != nil { close(output) } }
        var (buffer, total) = ([UInt8](repeating: 0, count: 1 << 16), 0)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            // A power cut must not leave a name without the bytes.
            let isAtEnd = count == 0 && (target == nil || DiskSync.file(output) == 0)
            if isAtEnd { return total }
            guard count > 0, writeAll(buffer[..<count], to: output) else {
                let failure = failure(count < 0 ? source : name)
                if let target { unlink(target) }
                throw failure
            }
            total += count
        }
    }

    private static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func failure(_ path: String) -> CLIError {
        let code = errno
        return CLIError(
            .diskError, code: code == EEXIST ? "file_exists" : "not_writable",
            message: "\(path.sanitised(.line)): \(String(cString: strerror(code))).",
            hint: code == EEXIST ? "Name another place with --output." : nil)
    }
}
