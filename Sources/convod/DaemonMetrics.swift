import ConvoIPC
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoSync
import ConvoTerminal
import Synchronization

/// The metrics of this process: gathers them when a monitoring system asks.
final class DaemonMetrics: Sendable {
    let counters = SharedCounters()
    private let progress: ProgressMonitor
    private let server: MetricsServer
    private let startedAt = StoreDependencies.live.now()
    private let served = Mutex<(store: Store?, endpoint: EndpointHost?)>((nil, nil))

    /// Takes the place, and answers from now on; with 503 before a database is served.
    ///
    /// - Throws: ``CLIError`` if the place is taken or can't be used.
    init(_ endpoint: LocalAddress, _ progress: ProgressMonitor) throws {
        self.progress = progress
        do throws(LocalAddress.Failure) {
            server = try MetricsServer(endpoint)
        } catch {
            throw CLIError(
                .configuration, code: "metrics_unusable",
                message: "Can't tell the metrics at \(endpoint): \(error.reason).",
                hint: "Name another place with --metrics, or end the program that has this one.")
        }
        guard server.start({ [self] in text() }) else {
            throw CLIError(.tryLater, code: "no_thread", message: "There is no thread to tell the metrics with.")
        }
    }

    /// Names the store that is served now, and the endpoint, if there is one.
    func serve(_ store: Store, _ endpoint: EndpointHost?) { served.withLock { $0 = (store, endpoint) } }

    func stop() { server.stop() }

    private func text() -> String? {
        let (store, endpoint) = served.withLock(\.self)
        guard let store, let facts = try? store.monitoringFacts() else { return nil }
        let now = StoreDependencies.live.now()
        return Metrics(
            facts: facts, counters: counters.present, requests: progress.requests, startedAt: startedAt,
            lastProgressAt: progress.silence.map { now + (.zero - $0) }, isStuck: progress.overdue != nil,
            databaseBytes: fileSize(store.path), logBytes: fileSize(store.path + "-wal"),
            endpointConnections: endpoint?.connectionCount
        ).text
    }
}

extension CLIError {
    /// The same report, with what a service's unit has to do with it.
    ///
    /// - Parameter isService: whether a service manager has started the process.
    /// - Returns: the report, whose hint names the unit where that is the usual cause.
    func inService(_ isService: Bool) -> CLIError {
        guard isService, let advice = CLIError.serviceAdvice[code] else { return self }
        return CLIError(exitCode, code: code, message: message, hint: advice)
    }

    /// The advice of errors whose usual cause is the unit, by their codes.
    private static let serviceAdvice = [
        "not_writable":
            "The unit lets convod write only where ReadWritePaths= says: `convo service install` adds the database's folder. Or check the permissions.",
        "credentials_refused":
            "`convo login` stores another key; the service then starts by itself (convod.path), or with `convo service start`.",
        "no_key":
            "A service does not see the variables of your shell: `convo login` keeps the key in a file (api_key_file).",
        "no_such_profile": "Add the table [profile.NAME] to the config file; `convo service restart` then starts it.",
    ]
}
