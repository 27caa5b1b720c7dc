import ConvoConfiguration
import ConvoStore
import ConvoSync
import ConvoTerminal
import ConvoWiring
import Logging
import ServiceLifecycle
import UnixSignals

/// A store, a bell, and an engine that runs until the daemon is told to stop.
struct Daemon: Service {
    let overrides: Overrides
    let manager: ServiceManager?
    let logger: Logger

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: what kept it from starting: ``ConfigurationError``, ``StoreError``, or a ``Failure`` where another
    ///   daemon serves this database already.
    func serve() async throws {
        let group = ServiceGroup(
            services: [self], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }

    func run() async throws {
        let settings = try settings()
        let store = try Store(path: settings.database)
        guard let lock = try FileLock.tryLock(.daemon, beside: store.path) else { throw alreadyServed(store.path) }
        defer { lock.release() }
        let bell = try BellRinger(beside: store.path)
        let engine = try engine(settings, store)
        logger.info("serving", metadata: ["database": "\(store.path)", "server": "\(settings.serverURL)"])
        manager?.tell(.ready("Serving \(store.path)"))

        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                await serveForever(engine, settings, store, bell.wake)
            }
        } onGracefulShutdown: {
            manager?.tell(.stopping)
            LastResort.arm()
        }
        logger.info("stopped")
    }

    /// Runs an engine, and another one after each SIGHUP.
    private func serveForever(
        _ first: SyncEngine, _ firstSettings: Settings, _ store: Store, _ wake: WakeSignal
    ) async {
        var engine = first
        var settings = firstSettings
        while !Task.isCancelled {
            let news = SyncEventLogger(logger: logger, manager: manager, store: store)
            let isReload = await runUntilReload(engine, SyncIntervals(settings: settings), wake, news)
            guard isReload, !Task.isCancelled else { return }
            manager?.tell(.reloading(monotonicMicroseconds: Monotonic.microseconds))
            do {
                let new = try self.settings()
                engine = try self.engine(new, store)
                if new.database != settings.database {
                    logger.warning("another database needs a restart", metadata: ["database": "\(new.database)"])
                }
                settings = new
                logger.info("configuration read again", metadata: ["server": "\(settings.serverURL)"])
            } catch {
                logger.error("the configuration can't be used; the one before stays: \(words(error))")
            }
            manager?.tell(.ready("Serving \(store.path)"))
        }
    }

    /// - Returns: whether it ended for a SIGHUP.
    private func runUntilReload(
        _ engine: SyncEngine, _ intervals: SyncIntervals, _ wake: WakeSignal, _ news: SyncEventLogger
    ) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await engine.run(intervals, wake: wake) { news.report($0) }
                return false
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup) { return true }
                return false
            }
            let isReload = await group.next() ?? false
            group.cancelAll()
            return isReload
        }
    }

    private func settings() throws -> Settings {
        try Settings(overrides: overrides, in: .ofThisProcess())
    }

    private func engine(_ settings: Settings, _ store: Store) throws -> SyncEngine {
        try SyncEngine(settings: settings, surroundings: .ofThisProcess(), store: store)
    }

    private func alreadyServed(_ path: String) -> Failure {
        let holder = FileLock.holder(of: .daemon, beside: path).map { ", process \($0)" } ?? ""
        return Failure(
            .tryLater, code: "already_served", message: "Another convod\(holder) serves \(path).",
            hint: "One is enough; stop it first to start another.")
    }

    private func words(_ error: any Error) -> String {
        Failure(error).map { [$0.message, $0.hint ?? ""].joined(separator: " ") } ?? "\(error)"
    }
}
