extension Settings {
    static let credentialName = "mistral-api-key"

    /// The key to use with ``serverURL``: `MISTRAL_API_KEY`, else the config file's `api_key_file`, else the
    /// credential that systemd hands over.
    ///
    /// `nil` where none is given and the server is this machine's own, which may ask for none.
    ///
    /// - Throws: ``ConfigurationError`` for a key that can't be used, a key file that others can read, a server that
    ///   it must not be sent to in the clear, or no key for a server elsewhere.
    public func apiKey(in environment: ProcessEnvironment) throws(ConfigurationError) -> APIKey? {
        guard let key = try findKey(in: environment) else {
            guard serverURL.isLoopback else { throw .noKey }
            return nil
        }
        guard serverURL.scheme == .https || serverURL.isLoopback else {
            throw .plainHTTP(url: serverURL.description)
        }
        return key
    }

    private func findKey(in environment: ProcessEnvironment) throws(ConfigurationError) -> APIKey? {
        if let text = environment["MISTRAL_API_KEY"] { return try APIKey(text, from: "MISTRAL_API_KEY") }
        if let apiKeyFile {
            guard let file = try SmallFile.read(apiKeyFile) else { throw .missingFile(path: apiKeyFile) }
            try Settings.check(file, at: apiKeyFile, ownedBy: environment.userID)
            return try APIKey(file.text, from: apiKeyFile)
        }
        guard let folder = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        // systemd made the folder and its files for this service alone: their owner and mode are its affair.
        let path = "\(folder)/\(Settings.credentialName)"
        guard let file = try SmallFile.read(path) else { return nil }
        return try APIKey(file.text, from: "the systemd credential \(Settings.credentialName)")
    }

    private static func check(
        _ file: SmallFile, at path: String, ownedBy userID: UInt32
    ) throws(ConfigurationError) {
        guard file.owner == userID else {
            throw .exposedKeyFile(path: path, reason: "it belongs to another user")
        }
        guard file.mode == 0o600 || file.mode == 0o400 else {
            let mode = String(file.mode, radix: 8)
            throw .exposedKeyFile(path: path, reason: "its mode is 0\(mode), and must be 0600 or 0400")
        }
    }
}
