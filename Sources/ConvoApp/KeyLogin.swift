package import ConvoAPI

/// A key that a person gives for an account: where it belongs, and how it is stored.
package struct KeyLogin: Sendable {
    /// The settings with which the key is used; a profile that has no table yet counts as one with an empty table.
    package let settings: Settings
    /// The absolute path of the file that gets the key.
    package let keyFile: String
    private let edit: ConfigurationEdit

    /// Finds where the key of the profile in force belongs: the file that the configuration names, or else `key`, or
    /// `PROFILE.key`, beside the config file.
    ///
    /// - Parameters:
    ///   - overrides: the settings of the command line.
    ///   - environment: the environment that has the variables.
    /// - Throws: ``ConfigurationError`` for a configuration that cannot be used, or a server to which the key would be sent
    ///   unencrypted.
    package init(overrides: Overrides, in environment: ProcessEnvironment) throws(ConfigurationError) {
        edit = try ConfigurationEdit(overrides: overrides, in: environment)
        let file = try ConfigurationFile.read(edit.path) ?? ConfigurationFile(path: edit.path, values: [:])
        let profile = try Profile.name(flag: overrides[.defaultProfile], in: environment, file: file)
        settings = try Settings(SettingSources(overrides, file: file.adding(profile: profile), in: environment))
        try settings.requireEncryption()
        keyFile = settings.apiKeyFile ?? "\(file.folder)/\(KeyLogin.fileName(for: profile))"
    }

    private static func fileName(for profile: String?) -> String { profile.map { "\($0).key" } ?? "key" }

    /// Makes the folder of the key's file, 0700, where it is missing.
    ///
    /// - Throws: ``ConfigurationError`` where it cannot be made.
    package func makeFolder() throws(ConfigurationError) {
        try SmallFile.makeFolder(String(keyFile[..<(keyFile.lastIndex(of: "/") ?? keyFile.startIndex)]))
    }

    /// Stores the key in its file, with mode 0600, and names the file in the configuration where that names none.
    ///
    /// - Parameter key: the key.
    /// - Throws: ``ConfigurationError`` where a file cannot be written; the configuration names no file then that has no
    ///   key.
    package func store(_ key: APIKey) throws(ConfigurationError) {
        try SmallFile.write(key.reveal() + "\n", to: keyFile)
        guard settings.apiKeyFile == nil else { return }
        try edit.set(
            .apiKeyFile, to: KeyLogin.fileName(for: settings.profile), in: settings.profile, addsTable: true)
    }
}

extension MistralAPI {
    /// Creates a client of the settings' server with a key that is not stored yet.
    ///
    /// - Parameters:
    ///   - settings: the settings in force.
    ///   - key: the key.
    ///   - environment: the environment that names the proxy and the certificates.
    /// - Throws: ``APIError`` if the URL is invalid or libcurl cannot be loaded.
    package init(settings: Settings, key: APIKey, environment: ProcessEnvironment) throws {
        try self.init(
            baseURL: settings.serverURL.description, apiKey: key.reveal(),
            transport: MistralAPI.transport(in: environment))
    }
}
