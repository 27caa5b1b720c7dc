import ConvoAPI
import ConvoApp
import ConvoIPC
import ConvoPlatform
import ConvoStore
import ConvoTerminal

extension DiagnosticFacts {
    /// Gathers the facts: looks at the files, opens and reads the whole database, asks the service manager and the server.
    ///
    /// A fact that cannot be had keeps no other from being gathered, unless that one needs it.
    ///
    /// - Parameters:
    ///   - environment: the environment of the process.
    ///   - hasDatabaseFlag: whether the command line names the database.
    ///   - makeSettings: makes the settings.
    ///   - openStore: opens the database that they name.
    /// - Returns: the facts.
    static func gather(
        in environment: ProcessEnvironment, hasDatabaseFlag: Bool, settings makeSettings: () throws -> Settings,
        store openStore: (Settings) throws -> Store
    ) async -> DiagnosticFacts {
        let libraries = LibraryFacts(
            sqlite: Store.sqliteVersion, libcurl: HTTPLibrary.version, httpFailure: HTTPLibrary.failure)
        let settings = attempt(makeSettings)
        var facts = DiagnosticFacts(settings: settings, libraries: libraries, now: StoreDependencies.live.now())
        facts.hasFileEvents = hasFileEvents()
        guard case .success(let settings) = settings else { return facts }
        facts.configFile = settings.configFile.map { FileFacts($0) }
        facts.isDatabaseOfShell = hasDatabaseFlag || environment[.database] != nil
        let path = DatabaseFile.canonicalPath(of: settings.database)
        // Before the database is opened, which narrows its permissions.
        facts.storage = StorageFacts(of: path, userID: environment.userID)
        facts.store = attempt { StoreFacts(of: try openStore(settings)) }
        facts.endpoint = EndpointFacts(of: settings)
        facts.service = ServiceFacts.ask(profile: settings.profile)
        facts.keySource = attempt {
            try settings.apiKey(in: environment) == nil ? nil : settings.apiKeySource(in: environment)
        }
        if case .success = facts.keySource, libraries.httpFailure == nil {
            do {
                facts.server = .success(try await ServerProbe.run(settings, in: environment))
            } catch {
                facts.server = .failure(described(error))
            }
        }
        facts.now = StoreDependencies.live.now()
        return facts
    }

    private static func hasFileEvents() -> Bool {
        let source = FileEvents.makeSource()
        if source >= 0 { close(source) }
        return source >= 0 || errno != EMFILE
    }
}

extension StoreFacts {
    /// Reads the whole database.
    init(of store: Store) {
        let status = attempt { try store.status() }
        let files = (try? store.fileCounts())?[.stored] ?? 0
        let daemon = DaemonFacts(of: store)
        self.init(
            path: store.path, integrity: attempt { try store.checkIntegrity() },
            index: attempt { try store.indexStatus() }, setAside: attempt { try store.setAside() },
            owner: attempt { try store.owner() }, outbox: attempt { try store.outbox() },
            isOriginal: attempt { try store.isOriginal() }, lastPullAt: (try? status.get())?.lastPullAt,
            newestAt: (try? store.conversations(limit: 1))?.first?.updatedAt, storedFiles: files,
            filesFolder: FileFacts(store.fileFolder.path), daemon: daemon,
            stoppedDeliverer: [.engine, .turn].lazy.compactMap { store.lockHolder($0)?.process }
                .first { $0 != daemon.holder?.process && RunningProcess(id: $0)?.isStopped == true })
    }
}

extension EndpointFacts {
    fileprivate init?(of settings: Settings) {
        let running = RunningEndpoint(beside: settings.database)?.address
        guard settings.listen != nil || running != nil else { return nil }
        let tokenFailure: CLIError? =
            if case .failure(let failure) = attempt({ try EndpointToken(database: settings.database).read() }) {
                failure
            } else { nil }
        self.init(
            configured: settings.listen, running: running,
            isTaken: running == nil && settings.listen?.isTaken == true,
            tokenFailure: tokenFailure)
    }
}

extension DaemonFacts {
    init(of store: Store) {
        let holder = store.lockHolder(.daemon)
        self.init(
            holder: holder, lastProcess: FileLock.lastProcess(of: .daemon, beside: store.path),
            process: holder?.process.flatMap { RunningProcess(id: $0) },
            lockedAt: FileFacts(store.path + ".\(FileLock.Purpose.daemon.rawValue)").changedAt)
    }
}

/// The result of work, with its error described to a person.
private func attempt<Value>(_ work: () throws -> Value) -> Result<Value, CLIError> {
    do { return .success(try work()) } catch { return .failure(described(error)) }
}

private func described(_ error: any Error) -> CLIError {
    CLIError(error) ?? CLIError(.internal, code: "unexpected", message: "\(error)")
}
