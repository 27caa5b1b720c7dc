public import ConvoAPI
public import ConvoConfiguration
import ConvoHTTP
public import ConvoStore
public import ConvoSync

extension MistralAPI {
    /// A client of the server that the settings name, with the key that they find.
    ///
    /// - Throws: ``ConfigurationError`` for a key that is missing or may not be used; ``APIError`` for a URL that is
    ///   none.
    public init(settings: Settings, surroundings: Surroundings) throws {
        let key = try settings.apiKey(in: surroundings)
        // As OpenSSL has it: our libcurl may be built to read another file.
        let options = CurlOptions(certificateFile: surroundings["SSL_CERT_FILE"])
        try self.init(
            baseURL: settings.serverURL.description, apiKey: key?.reveal(), transport: CurlTransport(options: options))
    }
}

extension SyncEngine {
    /// An engine between a store and the server that the settings name; the process's memory is set up for it.
    ///
    /// - Throws: as ``MistralAPI/init(settings:surroundings:)``.
    public init(settings: Settings, surroundings: Surroundings, store: Store) throws {
        Memory.shareArenas()
        var limits = SyncLimits()
        limits.surfacing = settings.surfacing
        limits.conflictPolicy = ConflictPolicy(rawValue: settings.conflict) ?? limits.conflictPolicy
        self.init(api: try MistralAPI(settings: settings, surroundings: surroundings), store: store, limits: limits)
    }
}

extension SyncIntervals {
    public init(settings: Settings) {
        self.init(poll: settings.pollInterval, sweep: settings.sweepInterval)
    }
}
