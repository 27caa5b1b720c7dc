import ArgumentParser
import ConvoAPI
import ConvoApp
import ConvoIPC
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoSync
import ConvoTerminal
import Logging
import Synchronization

/// The daemon.
@main
struct Convod: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convod",
        abstract: "Keeps the local store and Mistral's API in step: pulls what changed, delivers what was queued.",
        discussion: "SIGTERM and SIGINT stop it with nothing lost; SIGHUP makes it read its configuration again.",
        version: ConvoVersion.current)

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

    @Option(
        help: ArgumentHelp(
            "Tell a monitoring system what it does, in Prometheus' format: unix:/PATH, 127.0.0.1:PORT or [::1]:PORT.",
            valueName: "place"),
        transform: Convod.endpoint)
    var metrics: LocalAddress?

    @Option(
        help: ArgumentHelp(
            "Offer the API to your programs here: 127.0.0.1:PORT (0: any free one), [::1]:PORT, unix:/PATH or off.",
            valueName: "place"))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "What the endpoint does with a write while the server can't be reached: queue or fail.", valueName: "policy"
        ))
    var offlineWrites: String?

    @Flag(help: "Read the configuration and the key, say what is wrong with them, and end.")
    var check = false

    private var overrides: Overrides {
        Overrides(
            config: config,
            [
                .defaultProfile: profile, .database: database, .serverURL: serverURL, .pollInterval: pollInterval,
                .sweepInterval: sweepInterval, .listen: listen, .offlineWrites: offlineWrites,
            ])
    }

    static func main() async {
        signal(SIGHUP, SIG_IGN)  // must come first: SIGHUP ends a process that does not handle it yet
        signal(SIGPIPE, SIG_IGN)
        Store.configureProcess()
        do {
            let command = try parse()
            try await command.run()
        } catch {
            end(error)
        }
    }

    func run() async throws {
        if check { return try checkConfiguration() }
        let environment = ProcessEnvironment.ofThisProcess()
        let isJournal = JournalLogHandler.leadsToJournal(environment["JOURNAL_STREAM"])
        var logger = Logger(label: "convod") { label -> any LogHandler in
            isJournal ? JournalLogHandler() as any LogHandler : StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = logLevel
        let manager = ServiceManager(socket: environment["NOTIFY_SOCKET"])
        let progress = ProgressMonitor { .microseconds(Monotonic.microseconds) }
        let watchdog = Watchdog(
            microseconds: environment["WATCHDOG_USEC"], process: environment["WATCHDOG_PID"], own: getpid())
        if let manager { watchdog?.start(telling: manager, about: progress, logger) }
        let monitor = try metrics.map { try DaemonMetrics($0, progress) }
        defer { monitor?.stop() }
        try await Daemon(
            overrides: overrides, manager: manager, logger: logger, progress: progress,
            counters: monitor?.counters ?? SharedCounters(), serving: { monitor?.serve($0, $1) }
        ).serve()
    }

    /// Finds what would keep a reload from its work.
    ///
    /// - Throws: ``ConfigurationError``, or why there can be no client.
    private func checkConfiguration() throws {
        let environment = ProcessEnvironment.ofThisProcess()
        _ = try MistralAPI(settings: Settings(overrides: overrides, in: environment), environment: environment)
    }

    private static func endpoint(_ text: String) throws -> LocalAddress {
        guard let endpoint = LocalAddress(text) else {
            throw ValidationError(
                "The metrics are told at unix:/PATH (an absolute path), 127.0.0.1:PORT or [::1]:PORT, and not at \"\(text)\"."
            )
        }
        return endpoint
    }

    private static func level(_ name: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: name) else {
            throw ValidationError("There is no log level \(name).")
        }
        return level
    }

    private static func end(_ error: any Error) -> Never {
        guard let failure = CLIError(error) else { exit(withError: error) }
        let environment = ProcessEnvironment.ofThisProcess()
        let device = TerminalDevice.standardError
        var text = failure.inService(environment["INVOCATION_ID"] != nil).text(ansi: device.ansi { environment[$0] })
        if JournalLogHandler.leadsToJournal(environment["JOURNAL_STREAM"]) { text = JournalLogHandler.errors(text) }
        try? device.write(text + "\n")  // if it is closed, nobody can be told
        ConvoPlatform.exit(failure.exitCode.rawValue)
    }
}
