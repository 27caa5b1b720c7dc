package import ConvoAPI
package import ConvoStore
package import ConvoSync

/// The settings in force: a flag takes precedence over the environment, that over the config file, and that over the
/// default.
///
/// The API key is not among them, so that every command that needs no server works without one. See ``apiKey(in:)``.
package struct Settings: Sendable {
    /// The URL of Mistral's own server.
    package static let defaultServer = "https://api.mistral.ai"
    /// The default of ``pollInterval``, in seconds.
    package static let defaultPollSeconds = 30.0
    /// The default of ``sweepInterval``, in seconds.
    package static let defaultSweepSeconds = 900.0
    /// The allowed range of ``pollInterval``, in seconds: one second to one day.
    package static let pollSecondsAllowed = 1.0...86_400
    /// The allowed range of ``sweepInterval``, in seconds: one second, for tests on a server of one's own, to thirty
    /// days.
    package static let sweepSecondsAllowed = 1.0...2_592_000

    /// The default of ``surfacing``, in seconds: that of the engine's limits.
    package static let defaultSurfacingSeconds = SyncLimits().surfacing / .seconds(1)
    /// The largest number of MiB that a limit of ``files`` may have.
    package static let mebibytesAllowed = 1 << 20
    /// The allowed range of ``surfacing``, in seconds.
    package static let surfacingSecondsAllowed = 0.0...3600

    /// The profile whose settings these are; `nil` for those of the file's top level.
    package let profile: String?
    /// The absolute path of the database.
    package let database: String
    /// The server that the engine works with.
    package let serverURL: ServerURL
    /// The time between two reads of the first page of the list.
    package let pollInterval: Duration
    /// The time between two sweeps of all pages.
    package let sweepInterval: Duration
    /// How long a write whose answer was lost may still appear on the server.
    package let surfacing: Duration
    /// The policy for queued appends if another writer was faster, in conversations without a policy of their own.
    package let conflict: ConflictPolicy
    /// How much is fetched of the files that entries refer to.
    package let files: FileLimits
    /// The absolute path of the config file that was read; `nil` if there is none.
    package let configFile: String?
    /// The absolute path of the key file; `nil` if the config file names none.
    package let apiKeyFile: String?

    /// Finds all settings.
    ///
    /// Reads the config file, and no other.
    ///
    /// A missing config file is an error only if a flag or a variable names it. A profile needs a table of its name in
    /// the file, so that a mistyped name does not make a new database.
    ///
    /// - Parameters:
    ///   - overrides: the settings of the command line.
    ///   - environment: the environment that has the variables.
    /// - Throws: ``ConfigurationError``, which names the setting, its source, and what to do.
    package init(overrides: Overrides, in environment: ProcessEnvironment) throws(ConfigurationError) {
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
        var files = FileLimits()
        files.size = try Settings.bytes(
            source.text(flag: ("", nil), variable: "CONVO_FILE_LIMIT", key: .fileLimit), of: .fileLimit,
            default: files.size)
        files.quota = try Settings.bytes(
            source.text(flag: ("", nil), variable: "CONVO_FILE_QUOTA", key: .fileQuota), of: .fileQuota,
            default: files.quota)
        self.files = files
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
        // Without a home there is no default file. That is an error only when something needs the home.
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

    /// A number of MiB as bytes.
    private static func bytes(
        _ given: SettingSources.SettingValue?, of key: ConfigurationFile.Key, default: Int
    ) throws(ConfigurationError) -> Int {
        guard let given else { return `default` }
        guard let mebibytes = Int(given.value), (0...mebibytesAllowed).contains(mebibytes) else {
            throw .unusableValue(
                setting: key.rawValue, source: given.source, value: Settings.shown(given.value),
                reason: "it must be a whole number of MiB from 0 to \(mebibytesAllowed)")
        }
        return mebibytes << 20
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

    /// The value for an error, cut to a limit.
    ///
    /// A URL may contain a password before an `@`: that part is left out.
    private static func shown(_ value: String) -> String {
        guard let at = value.lastIndex(of: "@") else { return String(value.prefix(200)) }
        return "…" + value[at...].prefix(200)
    }
}

/// The settings of the command line, which take precedence over all others.
///
/// A member is `nil` if its flag was not given.
package struct Overrides: Sendable {
    /// The path of the config file (`--config`), absolute or from the working directory.
    package var config: String?
    /// The profile's name (`--profile`).
    package var profile: String?
    /// The path of the database (`--database`), absolute or from the working directory.
    package var database: String?
    /// The server's URL (`--server-url`).
    package var serverURL: String?
    /// The seconds between two reads of the first page (`--poll-interval`), as they were written.
    package var pollInterval: String?
    /// The seconds between two sweeps (`--sweep-interval`), as they were written.
    package var sweepInterval: String?

    /// Creates overrides: no flags, or the given ones.
    package init(
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

/// The places that a setting can come from, in the order of their precedence.
struct SettingSources {
    struct SettingValue {
        let value: String
        /// The flag, the variable, or the file's path, for errors.
        let source: String
    }

    let file: ConfigurationFile?
    let environment: ProcessEnvironment

    /// The value of a setting and where it comes from; `nil` if no source has it.
    func text(flag: (name: String, value: String?), variable: String, key: ConfigurationFile.Key) -> SettingValue? {
        if let value = flag.value { return SettingValue(value: value, source: flag.name) }
        if let value = environment[variable] { return SettingValue(value: value, source: variable) }
        guard let file, let value = file[key] else { return nil }
        return SettingValue(value: value, source: file.path)
    }

    /// The absolute path that a setting names; `nil` if no source has it.
    ///
    /// A relative path starts at the working directory; one in the config file starts at the file's folder.
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
