import ConvoPlatform

/// The config file that commands change: it is read, changed, checked and written as one step.
package struct ConfigurationEdit: Sendable {
    /// The absolute path of the config file, which may not exist yet.
    package let path: String
    private let environment: ProcessEnvironment

    /// Names the config file.
    ///
    /// - Parameters:
    ///   - overrides: the settings of the command line, of which `--config` names the file.
    ///   - environment: the environment that has the variables.
    /// - Throws: ``ConfigurationError`` where nothing tells where the file belongs.
    package init(overrides: Overrides, in environment: ProcessEnvironment) throws(ConfigurationError) {
        path = try SettingSources.path(named: overrides.config, in: environment)
        self.environment = environment
    }

    /// Whether the file is there.
    package var exists: Bool { access(path, F_OK) == 0 }

    /// The profiles that the file has, in alphabetical order.
    package func profiles() throws(ConfigurationError) -> [String] {
        try ConfigurationFile.read(path)?.profileNames ?? []
    }

    /// Gives a setting a value in the file.
    ///
    /// The file is replaced as a whole, with mode 0600, and its folder made where it is missing. Comments and all other
    /// settings stay as they are.
    ///
    /// - Parameters:
    ///   - setting: the setting.
    ///   - value: the value as a person writes it.
    ///   - profile: the profile whose table has it; `nil` for the top level.
    ///   - addsTable: whether the profile's table is added where it is missing.
    /// - Throws: ``ConfigurationError`` for a value that the setting cannot have, a file that cannot be read or written,
    ///   or a profile that the file does not have: the file is as it was then.
    package func set(
        _ setting: Setting, to value: String, in profile: String? = nil, addsTable: Bool = false
    ) throws(ConfigurationError) {
        do {
            try change(setting, in: profile, addsTable: addsTable) { text in
                text.set(setting.rawValue, to: setting.literal(of: value), in: profile)
            }
        } catch {
            guard case .unusableValue(setting.rawValue, _, let value, let reason) = error else { throw error }
            throw .refusedValue(setting: setting.rawValue, value: value, reason: reason)
        }
    }

    /// Takes a setting out of the file, as ``set(_:to:in:addsTable:)`` changes one.
    ///
    /// - Parameters:
    ///   - setting: the setting.
    ///   - profile: the profile whose table has it; `nil` for the top level.
    /// - Returns: whether the file had it.
    /// - Throws: ``ConfigurationError``; the file is as it was then.
    package func remove(_ setting: Setting, in profile: String? = nil) throws(ConfigurationError) -> Bool {
        guard let file = try ConfigurationFile.read(path) else { return false }
        guard let table = file.table(of: profile) else {
            throw .noSuchProfile(name: profile ?? "", path: path, known: file.profileNames)
        }
        guard table[setting] != nil else { return false }
        try change(setting, in: profile, addsTable: false) { $0.remove(setting.rawValue, in: profile) }
        return true
    }

    private func change(
        _ setting: Setting, in profile: String?, addsTable: Bool, _ change: (inout ConfigurationText) -> Void
    ) throws(ConfigurationError) {
        try SmallFile.alone(with: path) { () throws(ConfigurationError) in
            try changeAlone(setting, in: profile, addsTable: addsTable, change)
        }
    }

    private func changeAlone(
        _ setting: Setting, in profile: String?, addsTable: Bool, _ change: (inout ConfigurationText) -> Void
    ) throws(ConfigurationError) {
        let old = try SmallFile.read(path)?.text ?? ""
        let before = try ConfigurationFile(path: path, toml: old)
        if let profile {
            try Profile.check(profile, from: "--profile")
            guard addsTable || before.table(of: profile) != nil else {
                throw .noSuchProfile(name: profile, path: path, known: before.profileNames)
            }
        }
        var text = ConfigurationText(old)
        change(&text)
        let new = text.text
        let after = try parsed(new, insteadOf: before)
        try check(after, setting, in: profile)
        guard after.hasAll(of: before, but: setting, in: profile) else { throw .uneditable(path: path) }
        if new != old { try SmallFile.write(new, to: path) }
    }

    /// Reads the changed text, where a repeated table shows that the file has another form than the editor knows.
    private func parsed(
        _ text: String, insteadOf before: ConfigurationFile
    ) throws(ConfigurationError) -> ConfigurationFile {
        do {
            return try ConfigurationFile(path: path, toml: text)
        } catch {
            guard case .syntax = error else { throw error }
            throw .uneditable(path: path)
        }
    }

    /// Checks the one setting as ``Settings`` does, without what the environment says: that must not hide a bad value.
    private func check(
        _ file: ConfigurationFile, _ setting: Setting, in profile: String?
    ) throws(ConfigurationError) {
        guard let table = file.table(of: profile), let value = table[setting] else { return }
        if setting == .defaultProfile {
            try Profile.check(value, from: path)
            guard file.table(of: value) != nil else {
                throw .noSuchProfile(name: value, path: path, known: file.profileNames)
            }
            return
        }
        let outside = environment
        let bare = ProcessEnvironment(
            variable: { ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].contains($0) ? outside[$0] : nil },
            workingDirectory: outside.workingDirectory, userID: outside.userID)
        let others: [Setting] = [.model, .agent].contains(setting) ? [.model, .agent] : []
        let values = table.filter { $0.key == setting || others.contains($0.key) }
        _ = try Settings(
            SettingSources(Overrides(), file: ConfigurationFile(path: path, values: values), in: bare))
    }
}

extension ConfigurationFile {
    /// Whether a changed file gives each setting as this one does, but for the one that was changed.
    fileprivate func hasAll(of other: ConfigurationFile, but setting: Setting, in profile: String?) -> Bool {
        guard Set(other.profileNames).isSubset(of: profileNames) else { return false }
        for name in [nil] + profileNames.map(Optional.some) {
            var (mine, others) = (table(of: name) ?? [:], other.table(of: name) ?? [:])
            if name == profile { (mine[setting], others[setting]) = (nil, nil) }
            if mine != others { return false }
        }
        return true
    }
}
