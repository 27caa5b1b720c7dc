public import ConvoAPI

/// A server, the key that it is asked with, and the API behind them: what the settings say at one moment.
public struct Connection: Sendable {
    public let api: any ConversationsAPI
    /// The server's normalised URL: a database belongs to one server.
    public let server: String
    /// Only its salted digest is kept. `nil` for a server that asks for none.
    public let key: String?

    public init(api: any ConversationsAPI, server: String, key: String?) {
        self.api = api
        self.server = server
        self.key = key
    }

    fileprivate func hasSameKey(as other: Connection) -> Bool { key == other.key && server == other.server }
}

extension Connection {
    /// Whether asking again with this one can be answered otherwise.
    func differs(from other: Connection) -> Bool { !hasSameKey(as: other) }
}
