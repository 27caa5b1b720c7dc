import ConvoPlatform

/// The source of the API key, which the engine reads.
///
/// The key is never stored, logged or part of an error; the database keeps salted digests of the keys that were seen.
public struct Credentials: Sendable {
    let key: @Sendable () -> String?

    /// A key that does not change.
    ///
    /// - Parameter key: the API key, as the server's console shows it.
    /// - Returns: the credentials.
    public static func key(_ key: String) -> Credentials { Credentials { key } }

    /// A key that is read when it is needed: before the first request, and again when the server has refused the last one.
    ///
    /// - Parameter read: reads the key, from a keychain for example; `nil` if there is none now. Called on any thread, and
    ///   may block.
    /// - Returns: the credentials.
    public static func reading(_ read: @escaping @Sendable () -> String?) -> Credentials { Credentials(key: read) }

    /// A key in a variable of the environment, which is read when it is needed.
    ///
    /// - Parameter name: the variable; `MISTRAL_API_KEY` by custom.
    /// - Returns: the credentials; they have no key while the variable is missing or empty.
    public static func environment(_ name: String) -> Credentials {
        Credentials {
            guard let value = getenv(name), value.pointee != 0 else { return nil }
            return String(cString: value)
        }
    }

    /// No key: for a server that wants none, such as a local one.
    public static let none = Credentials { nil }
}
