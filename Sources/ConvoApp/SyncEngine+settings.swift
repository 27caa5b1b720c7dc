package import ConvoAPI
package import ConvoHTTP
package import ConvoStore
package import ConvoSync

extension MistralAPI {
    /// Creates a client of the server that the settings name, with the key that they find.
    ///
    /// Reads the key now, and sends nothing.
    ///
    /// - Parameters:
    ///   - settings: the settings in force.
    ///   - environment: the environment that has the key, or the folder of its file.
    /// - Throws: ``ConfigurationError`` for a key that is missing or must not be used; ``APIError`` if the URL is
    ///   invalid or libcurl cannot be loaded.
    package init(settings: Settings, environment: ProcessEnvironment) throws {
        let key = try settings.apiKey(in: environment)
        try self.init(
            baseURL: settings.serverURL.description, apiKey: key?.reveal(),
            transport: MistralAPI.transport(in: environment))
    }

    static func transport(in environment: ProcessEnvironment) -> any HTTPTransport {
        PlatformTransport.make(options: CurlOptions(environment))
    }
}

extension CurlOptions {
    /// Uses the certificate file that OpenSSL would: our libcurl may be built to read another one.
    package init(_ environment: ProcessEnvironment) { self.init(certificateFile: environment["SSL_CERT_FILE"]) }
}

extension SyncEngine {
    /// Creates an engine between a store and the server that the settings name.
    ///
    /// The key's source is read now, and again whenever the engine connects, as after the server has refused the key.
    ///
    /// - Parameters:
    ///   - settings: the settings in force.
    ///   - environment: the environment that has the key, or the folder of its file.
    ///   - store: the open database.
    ///   - transferLimit: how many requests are in flight at once; `nil` for the transport's own number.
    /// - Throws: as ``ConvoAPI/MistralAPI/init(settings:environment:)``.
    package init(
        settings: Settings, environment: ProcessEnvironment, store: Store, transferLimit: Int? = nil
    ) throws {
        var limits = SyncLimits()
        limits.surfacing = settings.surfacing
        limits.conflictPolicy = settings.conflict
        _ = try MistralAPI(settings: settings, environment: environment)
        var options = CurlOptions(environment)
        if let transferLimit { options.transferLimit = transferLimit }
        let transport = PlatformTransport.make(options: options)
        // Beside the database, which has the same texts and the same reader.
        let spoolFolder = store.folder
        self.init(store: store, limits: limits, fileLimits: settings.files) { () throws(APIError) in
            let key = try settings.keyNow(in: environment)
            let api = try MistralAPI(
                baseURL: settings.serverURL.description, apiKey: key, transport: transport, spoolFolder: spoolFolder)
            return Connection(
                api: api, files: settings.files.size > 0 ? api : nil,
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
    /// Takes the intervals from the settings.
    ///
    /// - Parameter settings: the settings in force.
    package init(settings: Settings) {
        self.init(poll: settings.pollInterval, sweep: settings.sweepInterval)
    }
}
