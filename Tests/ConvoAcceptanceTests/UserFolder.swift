import ConvoPlatform
import Foundation
import Testing

/// A home folder, and the programs that run in it, without the machine's own settings.
final class UserFolder: Sendable {
    let folder: URL
    let variables: [String: String]
    private let running = Running()

    init(_ variables: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("convo-user-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let own = ["HOME": folder.path, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        self.variables = own.merging(variables) { $1 }
    }

    deinit {
        running.killAll()
        try? FileManager.default.removeItem(at: folder)
    }

    var database: String { folder.appendingPathComponent(".local/share/convo/convo.db").path }

    func start(
        _ name: String, _ arguments: [String], _ more: [String: String] = [:], isListenedTo: Bool = false,
        terminal: Terminal? = nil
    ) throws -> Program {
        let program = try Program.start(
            name, arguments, environment: variables.merging(more) { $1 }, in: folder, isListenedTo: isListenedTo,
            terminal: terminal)
        running.add(program)
        return program
    }

    /// Runs `convo` to its end.
    func convo(
        _ arguments: String..., with more: [String: String] = [:], input: String? = nil
    ) async throws -> Program.Outcome {
        try await Program.start(
            "convo", arguments, environment: variables.merging(more) { $1 }, input: input, in: folder
        ).end()
    }

    /// Runs `convo … --json` to its end and parses what it prints.
    func json(_ arguments: String..., with more: [String: String] = [:]) async throws -> Any {
        let outcome = try await Program.start(
            "convo", arguments + ["--json"], environment: variables.merging(more) { $1 }, in: folder
        ).end()
        return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8), options: .fragmentsAllowed)
    }

    /// Starts a `convo-sandbox` and waits until it listens.
    func sandbox(_ arguments: String...) async throws -> Server {
        let program = try start("convo-sandbox", arguments, isListenedTo: true)
        let words = await program.firstWords().split(separator: " ")
        try #require(words.starts(with: ["listening", "on"]), "\(program.errors)")
        return Server(program: program, url: try #require(words.last).trimmingCharacters(in: .newlines))
    }

    /// Starts a daemon and waits until it reports that it is ready.
    func daemon(_ arguments: String..., with more: [String: String]) async throws -> Program {
        let manager = try #require(NotifySocket(in: folder))
        let program = try start("convod", arguments, more.merging(["NOTIFY_SOCKET": manager.path]) { $1 })
        var notice = await manager.next()
        // A new database is brought up to date first, which takes the start more time.
        while notice.hasPrefix("EXTEND_TIMEOUT_USEC=") { notice = await manager.next() }
        try #require(notice.hasPrefix("READY=1"), "\(program.errors)")
        return program
    }

    /// Asks until there is an answer, for half a minute at most.
    ///
    /// Each question starts a program, so the loop needs no pause.
    func until<Value>(_ what: String, _ question: () async throws -> Value?) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let value = try await question() { return value }
        }
        throw Unmet(what: what)
    }

    struct Unmet: Error { let what: String }
}

/// The programs that a test has started, to be killed when the test ends, however it ends.
private final class Running: @unchecked Sendable {
    // `lock` guards it.
    private var programs: [Program] = []
    private let lock = NSLock()

    func add(_ program: Program) { lock.withLock { programs.append(program) } }
    func killAll() { lock.withLock { for program in programs { program.signal(SIGKILL) } } }
}
