import CMalloc
public import ConvoAPI
import ConvoHTTP
public import ConvoStore
public import ConvoSync

extension MistralAPI {
    /// A client of the server that the settings name, with the key that they find.
    ///
    /// - Throws: ``ConfigurationError`` for a key that is missing or may not be used; ``APIError`` for a URL that is
    ///   none.
    public init(settings: Settings, environment: ProcessEnvironment) throws {
        let key = try settings.apiKey(in: environment)
        try self.init(
            baseURL: settings.serverURL.description, apiKey: key?.reveal(),
            transport: CurlTransport(options: CurlOptions(environment)))
    }
}

extension CurlOptions {
    /// As OpenSSL has it: our libcurl may be built to read another file.
    fileprivate init(_ environment: ProcessEnvironment) { self.init(certificateFile: environment["SSL_CERT_FILE"]) }
}

extension SyncEngine {
    /// An engine between a store and the server that the settings name; the process's memory is set up for it.
    ///
    /// The key's source is read now, and again where the server refuses the key.
    ///
    /// - Throws: as ``MistralAPI/init(settings:environment:)``.
    public init(settings: Settings, environment: ProcessEnvironment, store: Store) throws {
        Memory.shareArenas()
        var limits = SyncLimits()
        limits.surfacing = settings.surfacing
        limits.conflictPolicy = settings.conflict
        _ = try MistralAPI(settings: settings, environment: environment)
        let transport = CurlTransport(options: CurlOptions(environment))
        self.init(store: store, limits: limits) { () throws(APIError) in
            let key = try settings.keyNow(in: environment)
            return Connection(
                api: try MistralAPI(baseURL: settings.serverURL.description, apiKey: key, transport: transport),
                server: settings.serverURL.normalised, key: key)
        }
    }
}

extension Settings {
    fileprivate func keyNow(in environment: ProcessEnvironment) throws(APIError) -> String? {
        do { return try apiKey(in: environment)?.reveal() } catch { throw .keyProblem(error.description) }
    }
}

extension SyncIntervals {
    public init(settings: Settings) {
        self.init(poll: settings.pollInterval, sweep: settings.sweepInterval)
    }
}

/// Memory as a process has it.
enum Memory {
    /// glibc gives each thread an arena of its own, eight for each core at most, and each keeps what it once held. With
    /// four, the thread that stores rarely waits for one that reads, and a first sync holds a third less.
    ///
    /// What is held already stays where it is. Other systems' allocators need none of this.
    static func shareArenas() {
        #if canImport(Glibc)
        mallopt(M_ARENA_MAX, 4)
        #endif
    }
}
