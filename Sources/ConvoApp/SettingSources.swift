/// The places that a setting can come from, in the order of their precedence.
struct SettingSources {
    struct SettingValue {
        let value: String
        let origin: SettingOrigin

        /// The flag, the variable, or the file's path, for errors.
        var source: String { origin.source }
    }

    /// The profile in force; `nil` if none is.
    let profile: String?
    /// The config file with the profile's settings selected; `nil` if there is none.
    let file: ConfigurationFile?
    let environment: ProcessEnvironment
    private let overrides: Overrides

    /// Reads the config file, and finds the profile.
    ///
    /// A missing config file is an error only if a flag or a variable names it. A profile needs a table of its name in
    /// the file, so that a mistyped name does not make a new database.
    init(_ overrides: Overrides, in environment: ProcessEnvironment) throws(ConfigurationError) {
        let file = try SettingSources.file(named: overrides.config, in: environment)
        try self.init(overrides, file: file, in: environment)
    }

    /// Finds the profile in a config file that was read, and in which none is selected yet.
    init(
        _ overrides: Overrides, file: ConfigurationFile?, in environment: ProcessEnvironment
    ) throws(ConfigurationError) {
        self.overrides = overrides
        self.environment = environment
        profile = try Profile.name(flag: overrides.profile, in: environment, file: file)
        if let profile {
            guard let file else { throw .noSuchProfile(name: profile, path: nil, known: []) }
            self.file = try file.selecting(profile: profile)
        } else {
            self.file = file
        }
    }

    /// The path of the config file that flags and variables name, or of the default one, which may not exist.
    static func path(named flag: String?, in environment: ProcessEnvironment) throws(ConfigurationError) -> String {
        guard let named = flag ?? environment[Settings.fileVariable] else {
            return "\(try environment.configDirectory())/config.toml"
        }
        guard !named.isEmpty else {
            throw .unusableValue(setting: "the file", source: "--config", value: named, reason: "it names none")
        }
        return try environment.absolute(named, from: environment.workingDirectory)
    }

    static func file(
        named flag: String?, in environment: ProcessEnvironment
    ) throws(ConfigurationError) -> ConfigurationFile? {
        guard flag != nil || environment[Settings.fileVariable] != nil else {
            // Without a home there is no default file. That is an error only when something needs the home.
            guard let path = try? path(named: nil, in: environment) else { return nil }
            return try ConfigurationFile.read(path)
        }
        let path = try path(named: flag, in: environment)
        guard let file = try ConfigurationFile.read(path) else { throw .missingFile(path: path) }
        return file
    }

    /// The value of a setting and where it comes from; `nil` if no source has it.
    func text(_ setting: Setting) -> SettingValue? {
        if let value = overrides.value(of: setting) {
            return SettingValue(value: value, origin: .flag(setting.flag))
        }
        if let variable = setting.variable, let value = environment[variable] {
            return SettingValue(value: value, origin: .environment(variable))
        }
        guard let file, let value = file[setting] else { return nil }
        return SettingValue(value: value, origin: file.origin(of: setting))
    }

    /// The absolute path that a setting names; `nil` if no source has it.
    ///
    /// A relative path starts at the working directory; one in the config file starts at the file's folder.
    func path(_ setting: Setting) throws(ConfigurationError) -> String? {
        guard let given = text(setting) else { return nil }
        guard given.origin.isInFile, let file else {
            return try environment.absolute(given.value, from: environment.workingDirectory)
        }
        guard !given.value.isEmpty else {
            throw .unusableValue(setting: setting.rawValue, source: given.source, value: "", reason: "it names no file")
        }
        return try environment.absolute(given.value, from: file.folder)
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
    /// Where the endpoint listens (`--listen`), as it was written.
    package var listen: String?
    /// What the endpoint does with a write while the server cannot be reached (`--offline-writes`).
    package var offlineWrites: String?

    /// Creates overrides: no flags, or the given ones.
    package init(
        config: String? = nil, profile: String? = nil, database: String? = nil, serverURL: String? = nil,
        pollInterval: String? = nil, sweepInterval: String? = nil, listen: String? = nil, offlineWrites: String? = nil
    ) {
        self.config = config
        self.profile = profile
        self.database = database
        self.serverURL = serverURL
        self.pollInterval = pollInterval
        self.sweepInterval = sweepInterval
        self.listen = listen
        self.offlineWrites = offlineWrites
    }

    /// The flag's value for a setting.
    func value(of setting: Setting) -> String? {
        switch setting {
        case .defaultProfile: profile
        case .database: database
        case .serverURL: serverURL
        case .pollInterval: pollInterval
        case .sweepInterval: sweepInterval
        case .listen: listen
        case .offlineWrites: offlineWrites
        case .apiKeyFile, .model, .agent, .surfacing, .conflict, .fileLimit, .fileQuota, .endpointPatience: nil
        }
    }
}
