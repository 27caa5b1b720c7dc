import ConvoJSON
import ConvoModel

/// The revisions of MCP that the server speaks, and what differs between them.
///
/// Since 2026-07-28 each request says its revision in `_meta`. Before, a handshake (`initialize`) agreed on one for the whole
/// connection. A request says by itself which of the two it belongs to, so that both may come on one connection, in any order.
enum ProtocolRevision: Equatable {
    /// Each request stands for itself.
    case stateless
    /// One that was agreed on by `initialize`.
    case handshake(String)

    /// The revision of requests that stand for themselves.
    static let current = "2026-07-28"
    /// The revisions with a handshake, the newest first.
    static let withHandshake = ["2025-11-25", "2025-06-18", ProtocolRevision.withBatches, "2024-11-05"]
    /// The one revision in which a line may hold several messages.
    static let withBatches = "2025-03-26"

    /// The answer to a client that asks for a revision by `initialize`: that one, or else the newest one.
    static func agreed(on asked: String) -> String {
        withHandshake.first { $0.hasSameBytes(as: asked) } ?? withHandshake[0]
    }

    private static let prefix = "io.modelcontextprotocol/"

    /// The revision that a request belongs to.
    ///
    /// - Parameters:
    ///   - params: the request's parameters.
    ///   - agreed: what `initialize` has agreed on; `nil` before that.
    /// - Returns: the revision.
    /// - Throws: ``RPCError`` where `_meta` is not complete, or names a revision that the server does not speak.
    static func of(_ params: JSONText?, agreed: String?) throws(RPCError) -> ProtocolRevision {
        let meta = params?["_meta"]
        guard let version = meta?[prefix + "protocolVersion"] else {
            if let agreed { return .handshake(agreed) }
            throw RPCError(
                .invalidParams,
                "The request has no _meta[\"\(prefix)protocolVersion\"], and initialize has agreed on no revision.",
                data: .object(["supported": supported]))
        }
        guard let version = version.string else {
            throw RPCError(.invalidParams, "_meta[\"\(prefix)protocolVersion\"] is a string.")
        }
        guard version.hasSameBytes(as: current) else {
            throw RPCError(
                .unsupportedProtocolVersion, "Unsupported protocol version",
                data: .object(["supported": supported, "requested": .string(version)]))
        }
        guard meta?[prefix + "clientCapabilities"]?.kind == .object else {
            throw RPCError(.invalidParams, "_meta[\"\(prefix)clientCapabilities\"] is an object, and required.")
        }
        let client = meta?[prefix + "clientInfo"]
        guard client == nil || client?.kind == .object else {
            throw RPCError(.invalidParams, "_meta[\"\(prefix)clientInfo\"] is an object.")
        }
        return .stateless
    }

    /// All revisions, the newest first.
    private static var supported: JSONText { .array(([current] + withHandshake).map { .string($0) }) }

    /// How long a client may keep a result, and whether for others, too; ``stateless`` alone tells it.
    enum Caching {
        /// Not at all: the result of a call.
        case none
        /// For an hour and for everybody: it changes with the program only.
        case fixed
        /// Stale at once: it is what the database holds now.
        case stored

        fileprivate var members: [(String, JSONText?)] {
            switch self {
            case .none: []
            case .fixed: [("ttlMs", .int(3_600_000)), ("cacheScope", .string("public"))]
            case .stored: [("ttlMs", .int(0)), ("cacheScope", .string("private"))]
            }
        }
    }

    /// The members of a result, with what the revision wants of each result.
    func result(_ members: [(String, JSONText?)], _ caching: Caching) -> JSONText {
        guard self == .stateless else { return .object(members) }
        let meta = JSONText.object([(ProtocolRevision.prefix + "serverInfo", ProtocolRevision.serverInfo)])
        return .object([("resultType", .string("complete"))] + members + caching.members + [("_meta", meta)])
    }

    /// Marks a message as one of a subscription.
    static func subscriptionMeta(_ id: JSONText, withServer: Bool) -> JSONText {
        .object([
            (prefix + "subscriptionId", id), (prefix + "serverInfo", withServer ? serverInfo : nil),
        ])
    }

    static let serverInfo = JSONText.object([
        "name": .string("convo"), "title": .string("Convo"), "version": .string(ConvoVersion.current),
    ])

    /// The code for a resource that is not there.
    var resourceNotFound: RPCError.Code { self == .stateless ? .invalidParams : .resourceNotFound }
}
