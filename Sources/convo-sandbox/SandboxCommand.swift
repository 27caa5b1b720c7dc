import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoSandbox
import Dispatch
import FoundationEssentials
import MistralEmulator
import UnixSignals

/// `convo-sandbox`: serves the API on the loopback address until SIGTERM or SIGINT.
@main
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convo-sandbox",
        abstract: "A Conversations API server on this machine, with an echo for a model.",
        discussion: SandboxHelp.text,
        version: ConvoVersion.current)

    /// How long after a signal the process may still run while clients keep their connections open.
    ///
    /// To end it then loses nothing that a client has an answer for: with `--database` that is on the disk.
    private static let graceMilliseconds = 700

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 0

    @Option(
        help: ArgumentHelp(
            "An API key to ask for, and whose it is; repeat it for several. Without it any key is accepted.",
            valueName: "key[@user[/workspace[/organization]]]"))
    var key: [String] = []

    @Option(help: ArgumentHelp("A JSON file of conversations to start with.", valueName: "file"))
    var load: String?

    @Option(help: ArgumentHelp("A file that keeps the state; without it the state is in memory.", valueName: "path"))
    var database: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Turns a switch; see below.", valueName: "name=value"))
    var assignments: [String] = []

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("a port is 0 to 65535") }
        do {
            _ = try switches()
        } catch let error as SwitchError {
            throw ValidationError("\(error)\n\nThe switches are:\n\(SandboxHelp.switches)")
        }
    }

    private func switches() throws -> Switches {
        var switches = Switches()
        for assignment in assignments { try switches.set(assignment: assignment) }
        for text in key {
            guard switches.keys.add(text) else {
                throw ValidationError("a key is KEY[@USER[/WORKSPACE[/ORGANIZATION]]], each but once")
            }
        }
        return switches
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let server: SandboxServer
        do {
            server = try await start()
        } catch {
            throw SandboxCommand.exit(for: error)
        }
        say("listening on \(server.baseURL)", to: STDOUT_FILENO)
        for await _ in signals { break }
        SandboxCommand.exitSoon()
        await server.stop()
    }

    /// Schedules the end of the process after ``graceMilliseconds``, whatever it is doing then.
    private static func exitSoon() {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(graceMilliseconds)) { _exit(0) }
    }

    private func start() async throws -> SandboxServer {
        let sandbox = try Sandbox(switches: switches(), database: database)
        if let load { _ = try await sandbox.load(try Self.records(in: load), keepingPresent: true) }
        return try await SandboxServer.start(sandbox, port: port)
    }

    private static func records(in path: String) throws -> JSONText {
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw StartFailure(code: 66, message: "cannot read \(path)")
        }
        do {
            return try JSONText(utf8: bytes)
        } catch {
            throw StartFailure(code: 65, message: "\(path): \(error)")
        }
    }

    /// Prints to standard error what keeps the sandbox from starting.
    ///
    /// - Parameter error: what ``start()`` threw; an error of another kind counts as one of the port.
    /// - Returns: the exit code, as of sysexits.h.
    private static func exit(for error: any Error) -> ExitCode {
        let failure =
            switch error {
            case let error as StartFailure: error
            case let error as LoadError: StartFailure(code: 65, message: "\(error)")
            case let error as JournalError: StartFailure(code: error.exitCode, message: "\(error)")
            default: StartFailure(code: 69, message: "cannot listen: \(error)")
            }
        say("convo-sandbox: \(failure.message)", to: STDERR_FILENO)
        return ExitCode(failure.code)
    }
}

/// Writes a line without a buffer, because the process that started this one waits for it.
private func say(_ line: String, to descriptor: Int32) {
    let bytes = Array((line + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
}

private struct StartFailure: Error {
    /// The exit code.
    let code: Int32
    let message: String
}

extension JournalError {
    fileprivate var exitCode: Int32 {
        switch self {
        case .unreadable: 65
        case .inUse, .failed: 74
        }
    }
}
