import ConvoApp
import ConvoIPC
import ConvoPlatform
import ConvoStore
import ConvoSync
import ConvoTerminal
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Serves a database until it is told to stop: runs the engine, wakes it, reloads its settings and stops it.
struct Daemon: Service {
    let overrides: Overrides
    let manager: ServiceManager?
    let logger: Logger
    let progress: ProgressMonitor
    let counters: SharedCounters
    /// Told which store and which endpoint are served, for the metrics.
    let serving: @Sendable (Store, EndpointHost?) -> Void
    /// Notified when the daemon is to read its configuration again.
    private let reload = AsyncEvent()

    /// How much longer the start may take at each step that brings a database up to date.
    private static let upgradeStep = Duration.seconds(120)

    init(
        overrides: Overrides, manager: ServiceManager?, logger: Logger, progress: ProgressMonitor,
        counters: SharedCounters = SharedCounters(),
        serving: @escaping @Sendable (Store, EndpointHost?) -> Void = { _, _ in }
    ) {
        (self.overrides, self.manager, self.logger) = (overrides, manager, logger)
        (self.progress, self.counters, self.serving) = (progress, counters, serving)
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: what kept the daemon from starting or from continuing: ``ConfigurationError``, ``StoreError``, or a
    ///   ``CLIError`` if another daemon serves this database already or the database is gone; a ``SyncFailure`` if the
    ///   database belongs to another server or account.
    func serve() async throws {
        // One handler for the whole life of the process: without one, SIGHUP would end the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let services = ServiceGroup(
            services: [self], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in hangups { reload.notify() } }
            defer { group.cancelAll() }
            try await services.run()
        }
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await cancelWhenGracefulShutdown { try await serveWithEndpoint() }
        } onGracefulShutdown: {
            ShutdownWatchdog.start()
            manager?.tell(.stopping)
        }
        logger.info("stopped")
    }

    /// Serves the database and, from the moment when it is known that nobody else does, the endpoint beside it.
    private func serveWithEndpoint() async throws {
        let (hosts, opened) = AsyncStream.makeStream(of: EndpointHost.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await host in hosts {
                    do { try await host.run() } catch { logger.error("the endpoint has ended: \(error)") }
                }
            }
            defer {
                opened.finish()
                group.cancelAll()
            }
            try await serveWhatIsThere { opened.yield($0) }
        }
    }

    /// Opens the endpoint's socket, if one is asked for, and lets it be served.
    private func openEndpoint(_ settings: Settings, _ run: (EndpointHost) -> Void) throws -> EndpointHost? {
        guard let host = try EndpointHost.open(settings, .ofThisProcess()) else { return nil }
        run(host)
        logger.info("the endpoint listens", metadata: ["address": "\(host.address)"])
        return host
    }

    /// Serves the database of the configured path.
    ///
    /// If another file replaces it, serves that one.
    private func serveWhatIsThere(_ run: (EndpointHost) -> Void) async throws {
        var configured = reload.generation
        var settings = try settings()
        var host: EndpointHost?
        while true {
            var environment = StoreDependencies.live
            environment.isUpgrading = { [logger, manager] in
                logger.debug("bringing the database up to date")
                manager?.tell(.starting("Bringing the database up to date", within: Daemon.upgradeStep))
            }
            let store = try Store(path: settings.database, environment: environment)
            guard let lock = try store.tryLock(.daemon) else { throw alreadyServed(store.path) }
            defer { lock.release() }
            let watcher = try DatabaseWatcher(store)
            defer { watcher.stop() }
            let engine = try engine(settings, store)
            logger.info("serving", metadata: ["database": "\(store.path)", "server": "\(settings.serverURL)"])
            if host == nil { host = try openEndpoint(settings, run) }
            serving(store, host)
            defer { host?.pause() }
            switch await serve(store, watcher, engine, host, &settings, &configured) {
            case .replaced: break
            case .failed(let failure): throw failure
            case .stopped, .reload: return
            }
            logger.warning(
                "the database was moved, removed or replaced; the file that has its name now is opened",
                metadata: ["database": "\(store.path)"])
            do {
                try await ReplacedDatabase(path: store.path).waitForSuccessor()
            } catch is CancellationError { return }
        }
    }

    private enum ExitReason {
        case stopped, replaced, reload(AsyncEvent.Generation)
        /// The engine can do nothing: the database belongs to another server or account, or the key is refused for good.
        case failed(SyncFailure)
    }

    /// Runs an engine, and a new one after each reload.
    private func serve(
        _ store: Store, _ watcher: DatabaseWatcher, _ first: SyncEngine, _ host: EndpointHost?,
        _ settings: inout Settings, _ configured: inout AsyncEvent.Generation
    ) async -> ExitReason {
        var engine = first
        var status = DaemonStatus(poll: settings.pollInterval, endpoint: host?.address)
        while !Task.isCancelled {
            host?.serve(store, engine, settings) { watcher.queued.notify() }
            let log = SyncEventLogger(
                logger: logger, manager: manager, store: store, status: status, zone: .ofThisProcess())
            manager?.tell(.ready(log.line))
            let ending = await run(engine, SyncIntervals(settings: settings), log, watcher, store, configured)
            guard case .reload(let generation) = ending, !Task.isCancelled else { return ending }
            configured = generation
            manager?.tell(.reloading(monotonicMicroseconds: Monotonic.microseconds))
            do {
                let new = try self.settings()
                engine = try self.engine(new, store)
                if new.database != settings.database {
                    logger.warning("another database needs a restart", metadata: ["database": "\(new.database)"])
                }
                if new.listen != settings.listen {
                    logger.warning(
                        "another address of the endpoint needs a restart",
                        metadata: ["listen": "\(new.listen.map(\.description) ?? "off")"])
                }
                settings = new
                status = DaemonStatus(poll: settings.pollInterval, endpoint: host?.address)
                logger.info("configuration read again", metadata: ["server": "\(settings.serverURL)"])
            } catch {
                logger.error("the configuration can't be used; the one before stays: \(words(error))")
                status = DaemonStatus(
                    poll: settings.pollInterval, endpoint: host?.address, refusedSettings: words(error))
            }
        }
        return .stopped
    }

    /// Runs an engine until something ends it.
    private func run(
        _ engine: SyncEngine, _ intervals: SyncIntervals, _ log: SyncEventLogger, _ watcher: DatabaseWatcher,
        _ store: Store, _ configured: AsyncEvent.Generation
    ) async -> ExitReason {
        let memory = IdleMemory()
        let refusal = RefusedKey()
        let asOpened = AsyncEvent().generation  // the first generation: nothing has replaced the file yet
        return await withTaskGroup(of: ExitReason.self) { group in
            group.addTask {
                let failure = await engine.run(intervals, wake: watcher.queued, progress: progress) { event in
                    counters.note(event)
                    refusal.note(event, at: StoreDependencies.live.now())
                    if !store.isReplaced { log.report(event) }  // replaced: reported once, at the end
                    if case .pulled(_, let report) = event, memory.isToBeReleased(after: report) {
                        store.releaseMemory()
                        HeapMemory.releaseProgram()
                    }
                }
                return failure.map(ExitReason.failed) ?? .stopped
            }
            group.addTask {
                let generation = await reload.wait(after: configured)
                return generation > configured ? .reload(generation) : .stopped
            }
            group.addTask { await watcher.replaced.wait(after: asOpened) > asOpened ? .replaced : .stopped }
            group.addTask { await refusal.lasting().map(ExitReason.failed) ?? .stopped }
            defer { group.cancelAll() }
            return await group.next() ?? .stopped
        }
    }

    private func settings() throws -> Settings {
        try Settings(overrides: overrides, in: .ofThisProcess())
    }

    private func engine(_ settings: Settings, _ store: Store) throws -> SyncEngine {
        try SyncEngine(
            settings: settings, environment: .ofThisProcess(), store: store,
            transferLimit: settings.listen == nil ? nil : EndpointHost.transferLimit)
    }

    private func alreadyServed(_ path: String) -> CLIError {
        let holder = FileLock.holder(of: .daemon, beside: path)
        let process = holder?.process.map { ", process \($0)" } ?? ""
        return CLIError(
            .tryLater, code: "already_served", message: "Another convod\(process) serves \(path).",
            hint: holder?.isCurrent == false
                ? "It has still to notice that the file was replaced; try again in some seconds."
                : "One is enough; stop it first to start another.")
    }

    private func words(_ error: any Error) -> String {
        CLIError(error).map { [$0.message, $0.hint ?? ""].joined(separator: " ") } ?? "\(error)"
    }
}

/// Decides when the daemon gives back what its start or a pull has needed: after the first pull, after each one that has stored
/// something, and after the next one again, since the last tasks of a pull end behind it.
final class IdleMemory: Sendable {
    /// Whether the next pull is to be followed by a release, whatever it stores: the first one is, because of the start.
    private let isDue = Mutex(true)

    func isToBeReleased(after report: PullReport) -> Bool {
        let stores = report.histories > 0
        return isDue.withLock { isDue in
            defer { isDue = stores }
            return isDue || stores
        }
    }
}
