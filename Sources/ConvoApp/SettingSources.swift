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
        profile = try Profile.name(flag: overrides[.defaultProfile], in: environment, file: file)
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
        if let value = overrides[setting] {
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

extension SettingSources {
    /// The time that a setting gives in seconds, or else its default.
    func duration(_ setting: Setting) throws(ConfigurationError) -> Duration {
        guard case .seconds(let allowed, let usual) = setting.form else { throw unusable(setting, "it is no number") }
        guard let given = text(setting) else { return .seconds(usual) }
        guard let seconds = Double(given.value), allowed.contains(seconds) else {
            throw unusable(
                setting, "it must be a number of seconds from \(Int(allowed.lowerBound)) to \(Int(allowed.upperBound))")
        }
        return .seconds(seconds)
    }

    /// The bytes that a setting gives in MiB, or else its default.
    func bytes(_ setting: Setting) throws(ConfigurationError) -> Int {
        guard case .mebibytes(let usual) = setting.form else { throw unusable(setting, "it is no number") }
        guard let given = text(setting) else { return usual << 20 }
        guard let mebibytes = Int(given.value), (0...Setting.mebibytesAllowed).contains(mebibytes) else {
            throw unusable(setting, "it must be a whole number of MiB from 0 to \(Setting.mebibytesAllowed)")
        }
        return mebibytes << 20
    }

    /// The choice that a setting names, or else its default.
    func choice<Choice: RawRepresentable<String>>(_ setting: Setting) throws(ConfigurationError) -> Choice {
        guard case .choice(let words, let usual) = setting.form else { throw unusable(setting, "it is no choice") }
        guard let choice = Choice(rawValue: text(setting)?.value ?? usual) else {
            throw unusable(setting, "it must be one of \(words.joined(separator: ", "))")
        }
        return choice
    }

    /// The error for a value that cannot be used, with its source.
    func unusable(_ setting: Setting, _ reason: String) -> ConfigurationError {
        let given = text(setting)
        return .unusableValue(
            setting: setting.rawValue, source: given?.source ?? SettingOrigin.default.source,
            value: Settings.shown(given?.value ?? ""), reason: reason)
    }
}

/// The settings of the command line, which take precedence over all others.
package struct Overrides: Sendable {
    /// The path of the config file (`--config`), absolute or from the working directory.
    package var config: String?
    /// The value of each setting whose flag was given, as it was written.
    private var values: [Setting: String]

    /// Creates overrides: no flags, or the given ones.
    ///
    /// - Parameters:
    ///   - config: the path of the config file; `nil` if the flag was not given.
    ///   - values: the flags' values; `nil` for a flag that was not given.
    package init(config: String? = nil, _ values: [Setting: String?] = [:]) {
        self.config = config
        self.values = values.compactMapValues(\.self)
    }

    /// The flag's value for a setting; `nil` if it was not given.
    package subscript(setting: Setting) -> String? {
        get { values[setting] }
        set { values[setting] = newValue }
    }
}
