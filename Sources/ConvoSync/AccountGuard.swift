public import ConvoAPI
import ConvoModel
import ConvoStore
import Synchronization

/// Lets nothing reach a server but what belongs to the database's account there.
///
/// Every request goes by the connection that was verified last. A pass verifies one before it begins; after a 401 the key's
/// source is read again, and another key is used once it is verified.
final class AccountGuard: Sendable {
    /// Conversations that are tried where the server does not tell whose key it is.
    private static let readLimit = 5

    private let connect: @Sendable () throws(APIError) -> Connection
    private let store: Store
    private let breaker: CircuitBreakerGate
    private let verified = Mutex<Connection?>(nil)

    init(
        store: Store, breaker: CircuitBreakerGate, connect: @escaping @Sendable () throws(APIError) -> Connection
    ) {
        self.store = store
        self.breaker = breaker
        self.connect = connect
    }

    /// The connection for requests; `nil` before one was verified.
    var connection: Connection? { verified.withLock { $0 } }

    /// Makes sure that there is a verified connection.
    ///
    /// - Throws: ``SyncFailure/otherServer(owner:given:)``, ``SyncFailure/otherAccount(owner:given:)``; what keeps it from
    ///   being found out (no network, a key that cannot be used, a store that fails).
    func verify() async throws {
        if let connection, try belongs(to: connection) { return }
        let candidate = try connect()
        try await verify(candidate, behind: breaker)
        verified.withLock { $0 = candidate }
    }

    /// Makes sure that the database still belongs to the account of the connection: another process may have given it to
    /// another account meanwhile. The engine calls this before each send, and before it stores what it has read.
    ///
    /// - Throws: an ``APIError`` that ends the pass. The next pass verifies the connection anew, and reports what it finds.
    func requireOwner() throws {
        guard let connection, try !belongs(to: connection) else { return }
        verified.withLock { $0 = nil }
        throw APIError(.cancelled, effect: .none, message: "the database was given to another account")
    }

    private func belongs(to connection: Connection) throws -> Bool {
        try store.belongs(toServer: connection.server, key: connection.key)
    }

    /// Reads the key's source again, after the server has refused the key.
    ///
    /// - Returns: the connection with another key, once it is verified; `nil` where there is no other, or it is another
    ///   account's, or nothing can be found out.
    func renewed(after refused: Connection) async -> Connection? {
        if let connection, connection.differs(from: refused) { return connection }
        guard let candidate = try? connect(), candidate.differs(from: refused) else { return nil }
        do {
            // The request that was refused has passed the breaker already.
            try await verify(candidate, behind: nil)
        } catch {
            // The next pass verifies again, and says why it cannot go on.
            if (error as? SyncFailure)?.isOtherOwner == true { verified.withLock { $0 = nil } }
            return nil
        }
        verified.withLock { $0 = candidate }
        return candidate
    }

    /// Gives the database to the account that the settings name now.
    ///
    /// - Returns: the new owner, and how many writes are held from now on.
    func adopt() async throws -> (owner: StoreOwner, held: Int) {
        let candidate = try connect()
        let account = try await AccountGuard.account(of: candidate)
        if account == nil {
            // A server that does not tell whose the key is still says whether it takes the key.
            _ = try await candidate.api.list(page: 0, pageSize: 1, metadata: nil)
        }
        let held = try store.adopt(server: candidate.server, account: account, key: candidate.key)
        verified.withLock { $0 = candidate }
        return (try store.owner(), held)
    }

    private func verify(_ candidate: Connection, behind breaker: CircuitBreakerGate?) async throws {
        let owner = try store.owner()
        var check = OwnerCheck(
            OwnerCheck.Known(
                owner: owner, server: candidate.server,
                isKeyKnown: try candidate.key.map { key throws(StoreError) in try store.knows(key: key) } ?? true,
                held: try store.heldConversations(limit: AccountGuard.readLimit)))
        while true {
            switch check.step {
            case .askWhoAmI:
                check.told(
                    try await AccountGuard.ask(behind: breaker) { () throws(APIError) in
                        try await AccountGuard.account(of: candidate)
                    })
            case .read(let id):
                check.read(
                    isThere: try await AccountGuard.ask(behind: breaker) { () throws(APIError) in
                        try await AccountGuard.isThere(id, candidate)
                    })
            case .accept(let account):
                try store.recordOwner(server: candidate.server, account: account, key: candidate.key)
                return
            case .refuse(.otherServer):
                throw SyncFailure.otherServer(owner: owner.server ?? "", given: candidate.server)
            case .refuse(.otherAccount(let given)):
                throw SyncFailure.otherAccount(owner: owner.account?.words, given: given?.words)
            }
        }
    }

    private static func ask<Answer>(
        behind breaker: CircuitBreakerGate?, _ request: () async throws(APIError) -> Answer
    ) async throws(APIError) -> Answer {
        guard let breaker else { return try await request() }
        return try await breaker.pass(request)
    }

    private static func account(of connection: Connection) async throws(APIError) -> Account? {
        do { return try await connection.api.whoAmI() } catch {
            guard error.isUntold else { throw error }
            return nil
        }
    }

    /// What the API itself denies to this key is not there; every other failure leaves it open.
    private static func isThere(_ id: RemoteID, _ connection: Connection) async throws(APIError) -> Bool {
        do {
            _ = try await connection.api.get(id)
            return true
        } catch {
            guard error.isNotFound || error.kind == .status(403) else { throw error }
            return false
        }
    }
}

extension SyncFailure {
    /// The database belongs to another server or account.
    public var isOtherOwner: Bool {
        switch self {
        case .otherServer, .otherAccount: true
        default: false
        }
    }
}

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
