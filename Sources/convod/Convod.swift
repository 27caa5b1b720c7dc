import ArgumentParser
import ConvoApp
import ConvoPlatform
import ConvoTerminal
import Logging

/// The daemon.
@main
struct Convod: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convod",
        abstract: "Keeps the local store and Mistral's API in step: pulls what changed, delivers what was queued.",
        discussion: "SIGTERM and SIGINT stop it with nothing lost; SIGHUP makes it read its configuration again.",
        version: "0.1.0")

    @Option(help: ArgumentHelp("The settings below [profile.NAME] in the config file.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("The database file.", valueName: "path"))
    var database: String?

    @Option(name: .customLong("server-url"), help: ArgumentHelp("The API's server.", valueName: "url"))
    var serverURL: String?

    @Option(help: ArgumentHelp("The config file.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("Between two looks at the first page of the list.", valueName: "seconds"))
    var pollInterval: String?

    @Option(help: ArgumentHelp("Between two sweeps of all pages.", valueName: "seconds"))
    var sweepInterval: String?

    @Option(
        help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"),
        transform: Convod.level)
    var logLevel = Logger.Level.info

    private var overrides: Overrides {
        Overrides(
            config: config, profile: profile, database: database, serverURL: serverURL,
            pollInterval: pollInterval, sweepInterval: sweepInterval)
    }

    static func main() async {
        signal(SIGHUP, SIG_IGN)  // must come first: SIGHUP ends a process that does not handle it yet
        signal(SIGPIPE, SIG_IGN)
        do {
            let command = try parse()
            try await command.run()
        } catch {
            end(error)
        }
    }

    func run() async throws {
        var logger = Logger(label: "convod") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        let manager = ServiceManager(socket: ProcessEnvironment.ofThisProcess()["NOTIFY_SOCKET"])
        try await Daemon(overrides: overrides, manager: manager, logger: logger).serve()
    }

    private static func level(_ name: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: name) else {
            throw ValidationError("There is no log level \(name).")
        }
        return level
    }

    private static func end(_ error: any Error) -> Never {
        guard let failure = CLIError(error) else { exit(withError: error) }
        let device = TerminalDevice.standardError
        let ansi = device.ansi { name in getenv(name).map { String(cString: $0) } }
        try? device.write(failure.text(ansi: ansi) + "\n")  // if it is closed, nobody can be told
        ConvoPlatform.exit(failure.exitCode.rawValue)
    }
}
