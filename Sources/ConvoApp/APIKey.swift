import ConvoAPI

/// The secret by which the server knows the client.
///
/// Printing, interpolating, dumping or reflecting it does not show it. Only ``reveal()`` does, so that nobody writes a
/// key to a log by accident.
package struct APIKey: Sendable {
    /// The longest key, in bytes: longer than any that the service has handed out, and short enough for a header field.
    package static let lengthLimit = 512
    /// The environment variable that has the key, for Convo as for the official clients.
    package static let variable = "MISTRAL_API_KEY"

    private let secret: String

    /// Takes a key as a person or a file gives it, and drops white space around it.
    ///
    /// - Parameters:
    ///   - text: the key.
    ///   - source: the variable or file that the text came from, for the error.
    /// - Throws: ``ConfigurationError/unusableKey(source:reason:)`` if the text is empty or too long, if something is
    ///   written around the key, or if an HTTP header field cannot carry it. The error names the source and never the
    ///   text.
    package init(_ text: String, from source: String) throws(ConfigurationError) {
        let key = APIKey.trimmed(text)
        guard !key.isEmpty else { throw .unusableKey(source: source, reason: "it is empty") }
        guard key.utf8.count <= APIKey.lengthLimit else {
            throw .unusableKey(source: source, reason: "it is longer than \(APIKey.lengthLimit) bytes")
        }
        if let form = Wrapping(of: key) { throw .unusableKey(source: source, reason: form.reason) }
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .unusableKey(source: source, reason: "it has spaces, control characters or letters outside ASCII")
        }
        secret = key
    }

    /// The key itself, for the header fields that carry it.
    ///
    /// - Returns: printable ASCII without spaces.
    package func reveal() -> String { secret }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A placeholder that does not contain the key.
    package var description: String { "(API key)" }
    /// A placeholder that does not contain the key.
    package var debugDescription: String { description }
    /// A mirror without children, so that `dump` does not show the key.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The text that a person left around a key, such as a line of another program's file.
private enum Wrapping {
    case assignment, quotes, scheme

    init?(of text: String) {
        if Wrapping.isAssignment(text) {
            self = .assignment
        } else if let first = text.first, let last = text.last,
            [first, last].contains(where: { Wrapping.quotationMarks.contains($0) })
        {
            self = .quotes
        } else if text.lowercased().hasPrefix("bearer ") {
            self = .scheme
        } else {
            return nil
        }
    }

    /// The end of a sentence that says what to do and contains nothing of the text.
    var reason: String {
        switch self {
        case .assignment:
            "it is written as NAME=key; leave the name and the equals sign away, so that the key stands alone"
        case .quotes: "it stands in quotation marks; take them away, so that the key stands alone"
        case .scheme: "it begins with \"Bearer\"; leave that word away, so that the key stands alone"
        }
    }

    private static let quotationMarks: Set<Character> = [
        "\"", "'", "`", "\u{201C}", "\u{201D}", "\u{2018}", "\u{2019}",
    ]

    /// Whether the text is `NAME=key`, `export NAME=key` or `name = "key"`.
    ///
    /// A key may end with equals signs, as base64 does, but contains none inside.
    private static func isAssignment(_ text: String) -> Bool {
        guard !text.lowercased().hasPrefix("export ") else { return true }
        guard let sign = text.firstIndex(of: "="), text[sign...].contains(where: { $0 != "=" && !$0.isWhitespace })
        else { return false }
        let name = text[..<sign].reversed().drop { $0.isWhitespace }
        return !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
    }
}

extension Settings {
    /// The name of the systemd credential that holds the key.
    package static let credentialName = "mistral-api-key"

    /// The key to use with ``serverURL``: `MISTRAL_API_KEY`, or else the config file's `api_key_file`, or else the
    /// credential that systemd passes.
    ///
    /// A variable that holds the token of an endpoint, as `convo endpoint env` sets it for other programs, is no key: it goes to no
    /// server but an endpoint.
    ///
    /// Reads the key's file on each call.
    ///
    /// - Parameter environment: the environment that has the variables.
    /// - Returns: the key; `nil` if none is given and the server is on this machine, for such a server may need none.
    /// - Throws: ``ConfigurationError`` for a key that cannot be used, a key file that others can read, a server to
    ///   which the key would be sent unencrypted, or no key for a server elsewhere.
    package func apiKey(in environment: ProcessEnvironment) throws(ConfigurationError) -> APIKey? {
        guard let key = try findKey(in: environment) else {
            guard serverURL.isLoopback else { throw .noKey }
            return nil
        }
        try requireEncryption()
        return key
    }

    /// Refuses a server to which a key would be sent unencrypted.
    func requireEncryption() throws(ConfigurationError) {
        guard serverURL.scheme == .https || serverURL.isLoopback else {
            throw .plainHTTP(url: serverURL.description)
        }
    }

    /// The variable, file or credential that ``apiKey(in:)`` takes the key from; `nil` if none is given.
    ///
    /// - Parameter environment: the environment that has the variables.
    /// - Returns: a name for a person, without the key.
    package func apiKeySource(in environment: ProcessEnvironment) -> String? {
        if keyVariable(in: environment) != nil { return APIKey.variable }
        if let apiKeyFile { return apiKeyFile }
        return environment["CREDENTIALS_DIRECTORY"].map { _ in "the systemd credential \(Settings.credentialName)" }
    }

    /// The value of `MISTRAL_API_KEY`; `nil` where that is the token of this database's endpoint, or of any for a server that is
    /// none.
    private func keyVariable(in environment: ProcessEnvironment) -> String? {
        guard let text = environment[APIKey.variable] else { return nil }
        let isOfEndpoint =
            EndpointToken.isToken(text)
            && (!serverURL.isLoopback || (try? EndpointToken(database: database).present()) == text)
        return isOfEndpoint ? nil : text
    }

    private func findKey(in environment: ProcessEnvironment) throws(ConfigurationError) -> APIKey? {
        if let text = keyVariable(in: environment) { return try APIKey(text, from: APIKey.variable) }
        if let apiKeyFile {
            guard let file = try SmallFile.read(apiKeyFile) else { throw .missingFile(path: apiKeyFile) }
            try Settings.check(file, at: apiKeyFile, ownedBy: environment.userID)
            return try APIKey(file.text, from: apiKeyFile)
        }
        guard let folder = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        // systemd made the folder and its files for this service alone, so their owner and mode are not checked.
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
