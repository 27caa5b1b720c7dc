public import ConvoStore

/// The settings in force: a flag beats the environment, which beats the config file, which beats the default.
///
/// Nothing here reads the API key: every verb that needs no server works where there is none. See ``apiKey(in:)``.
public struct Settings: Sendable {
    public static let defaultServer = "https://api.mistral.ai"
    public static let defaultPollSeconds = 30.0
    public static let defaultSweepSeconds = 900.0
    /// Allowed range: one second to one day.
    public static let pollSecondsAllowed = 1.0...86_400
    /// From one second, for tests on a server of one's own, to thirty days.
    public static let sweepSecondsAllowed = 1.0...2_592_000

    public static let defaultSurfacingSeconds = 660.0
    public static let surfacingSecondsAllowed = 0.0...3600

    /// The profile whose settings they are; `nil` for those of the file's top level.
    public let profile: String?
    /// Absolute.
    public let database: String
    public let serverURL: ServerURL
    public let pollInterval: Duration
    public let sweepInterval: Duration
    /// How long a write whose answer was lost may still surface on the server.
    public let surfacing: Duration
    /// What becomes of a queued append when another writer was faster.
    public let conflict: ConflictPolicy
    /// The config file that was read; `nil` if there is none.
    public let configFile: String?
    /// Absolute; `nil` where the config file names none.
    public let apiKeyFile: String?

    /// Finds and reads them all.
    ///
    /// A missing config file is fine unless a flag or a variable names it. A profile needs a table of its name in the file:
    /// a mistyped name must not make a new database.
    ///
    /// - Throws: ``ConfigurationError``, which says which setting, from where, and what to do.
    public init(overrides: Overrides, in environment: ProcessEnvironment) throws(ConfigurationError) {
        profile = try Profile.name(flag: overrides.profile, in: environment)
        let file = try Settings.file(overrides: overrides, profile: profile, in: environment)
        let source = SettingSources(file: file, environment: environment)
        configFile = file?.path
        apiKeyFile = try source.path(flag: nil, variable: nil, key: .apiKeyFile)
        if let given = try source.path(flag: overrides.database, variable: "CONVO_DATABASE", key: .database) {
            database = given
        } else {
            database = try environment.dataDirectory() + "/\(profile ?? "convo").db"
        }
        serverURL = try Settings.server(
            source.text(flag: ("--server-url", overrides.serverURL), variable: "CONVO_SERVER_URL", key: .serverURL))
        pollInterval = try Settings.interval(
            source.text(
                flag: ("--poll-interval", overrides.pollInterval), variable: "CONVO_POLL_INTERVAL", key: .pollInterval),
            of: .pollInterval, allowed: Settings.pollSecondsAllowed, default: Settings.defaultPollSeconds)
        sweepInterval = try Settings.interval(
            source.text(
                flag: ("--sweep-interval", overrides.sweepInterval), variable: "CONVO_SWEEP_INTERVAL",
                key: .sweepInterval),
            of: .sweepInterval, allowed: Settings.sweepSecondsAllowed, default: Settings.defaultSweepSeconds)
        surfacing = try Settings.interval(
            source.text(flag: ("", nil), variable: "CONVO_SURFACING", key: .surfacing),
            of: .surfacing, allowed: Settings.surfacingSecondsAllowed, default: Settings.defaultSurfacingSeconds)
        conflict = try Settings.conflict(source.text(flag: ("", nil), variable: "CONVO_CONFLICT", key: .conflict))
    }

    private static func file(
        overrides: Overrides, profile: String?, in environment: ProcessEnvironment
    ) throws(ConfigurationError) -> ConfigurationFile? {
        let file = try file(named: overrides.config, in: environment)
        guard let profile else { return file }
        guard let file else { throw .noSuchProfile(name: profile, path: nil, known: []) }
        return try file.selecting(profile: profile)
    }

    private static func file(
        named flag: String?, in environment: ProcessEnvironment
    ) throws(ConfigurationError) -> ConfigurationFile? {
        if let named = flag ?? environment["CONVO_CONFIG"] {
            guard !named.isEmpty else {
                throw .unusableValue(setting: "the file", source: "--config", value: named, reason: "it names none")
            }
            let path = try environment.absolute(named, from: environment.workingDirectory)
            guard let file = try ConfigurationFile.read(path) else { throw .missingFile(path: path) }
            return file
        }
        // Without a home there is no default file; that is no error until something needs the home.
        guard let folder = try? environment.configDirectory() else { return nil }
        return try ConfigurationFile.read("\(folder)/config.toml")
    }

    private static func server(_ given: SettingSources.SettingValue?) throws(ConfigurationError) -> ServerURL {
        let text = given?.value ?? defaultServer
        do {
            return try ServerURL(text)
        } catch {
            throw .unusableValue(
                setting: "server_url", source: given?.source ?? "the default", value: Settings.shown(text),
                reason: error.reason)
        }
    }

    private static func interval(
        _ given: SettingSources.SettingValue?, of key: ConfigurationFile.Key, allowed: ClosedRange<Double>,
        default: Double
    ) throws(ConfigurationError) -> Duration {
        guard let given else { return .seconds(`default`) }
        guard let seconds = Double(given.value), allowed.contains(seconds) else {
            throw .unusableValue(
                setting: key.rawValue, source: given.source, value: Settings.shown(given.value),
                reason: "it must be a number of seconds from \(Int(allowed.lowerBound)) to \(Int(allowed.upperBound))")
        }
        return .seconds(seconds)
    }

    private static func conflict(_ given: SettingSources.SettingValue?) throws(ConfigurationError) -> ConflictPolicy {
        guard let given else { return .append }
        guard let policy = ConflictPolicy(rawValue: given.value) else {
            throw .unusableValue(
                setting: "conflict", source: given.source, value: shown(given.value),
                reason: "it must be one of \(ConflictPolicy.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return policy
    }

    /// A URL may hold a password before an `@`: an error does not repeat it.
    private static func shown(_ value: String) -> String {
        guard let at = value.lastIndex(of: "@") else { return String(value.prefix(200)) }
        return "…" + value[at...].prefix(200)
    }
}

/// What the command line says: above everything else. `nil` where a flag was not given.
public struct Overrides: Sendable {
    public var config: String?
    public var profile: String?
    public var database: String?
    public var serverURL: String?
    public var pollInterval: String?
    public var sweepInterval: String?

    public init(
        config: String? = nil, profile: String? = nil, database: String? = nil, serverURL: String? = nil,
        pollInterval: String? = nil, sweepInterval: String? = nil
    ) {
        self.config = config
        self.profile = profile
        self.database = database
        self.serverURL = serverURL
        self.pollInterval = pollInterval
        self.sweepInterval = sweepInterval
    }
}

/// The places that a setting can come from, asked in their order.
struct SettingSources {
    struct SettingValue {
        let value: String
        /// Said in errors: a flag, a variable, or the file's path.
        let source: String
    }

    let file: ConfigurationFile?
    let environment: ProcessEnvironment

    func text(flag: (name: String, value: String?), variable: String, key: ConfigurationFile.Key) -> SettingValue? {
        if let value = flag.value { return SettingValue(value: value, source: flag.name) }
        if let value = environment[variable] { return SettingValue(value: value, source: variable) }
        guard let file, let value = file[key] else { return nil }
        return SettingValue(value: value, source: file.path)
    }

    /// A relative path starts at the working directory, or, in the file, at the file's folder.
    func path(
        flag: String?, variable: String?, key: ConfigurationFile.Key
    ) throws(ConfigurationError) -> String? {
        if let value = flag ?? variable.flatMap({ environment[$0] }) {
            return try environment.absolute(value, from: environment.workingDirectory)
        }
        guard let file, let value = file[key] else { return nil }
        guard !value.isEmpty else {
            throw .unusableValue(setting: key.rawValue, source: file.path, value: "", reason: "it names no file")
        }
        return try environment.absolute(value, from: file.folder)
    }
}
