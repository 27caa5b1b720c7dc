package import ConvoAPI
import ConvoModel
import ConvoStore
import Synchronization

/// Makes sure that requests reach only the server and account that the database belongs to.
///
/// Every request uses the connection that was verified last. Each pass verifies a connection before it begins. After a
/// 401 the guard reads the key's source again, and uses another key once it is verified.
final class AccountGuard: Sendable {
    /// How many conversations are read at most where the server does not tell whose key it is.
    private static let readLimit = 5

    private let connect: @Sendable () throws(APIError) -> Connection
    private let store: Store
    private let breaker: CircuitBreakerGate
    private let verified = Mutex<(connection: Connection, claim: OwnerClaim)?>(nil)
    /// Whether a request whose key was refused is finding out whether there is another key.
    private let isRenewing = Mutex(false)
    private let renewalEnded = AsyncEvent()

    init(
        store: Store, breaker: CircuitBreakerGate, connect: @escaping @Sendable () throws(APIError) -> Connection
    ) {
        self.store = store
        self.breaker = breaker
        self.connect = connect
    }

    /// The connection for requests; `nil` until one has been verified.
    var connection: Connection? { verified.withLock { $0?.connection } }

    /// Makes sure that there is a verified connection; if there is none, makes one and asks the server.
    ///
    /// - Returns: whose key it has: what is read from now on may be stored while the database belongs to them.
    /// - Throws: ``SyncFailure/otherServer(owner:given:)`` or ``SyncFailure/otherAccount(owner:given:)``; an
    ///   ``APIError`` or a ``StoreError`` if the owner cannot be found out (no network, a key that cannot be used, a
    ///   database that fails).
    @discardableResult
    func verify() async throws -> OwnerClaim {
        if let claim = verified.withLock({ $0?.claim }), try store.belongs(to: claim) { return claim }
        let candidate = try connect()
        let claim = try await verify(candidate, behind: breaker)
        verified.withLock { $0 = (candidate, claim) }
        return claim
    }

    /// Makes sure that the database still belongs to the account of the connection, for another process may have given
    /// it to another account meanwhile.
    ///
    /// The engine calls this before each send.
    ///
    /// - Throws: an ``APIError`` that ends the pass; a ``StoreError`` if the database cannot be read. The next pass
    ///   verifies the connection anew, and reports what it finds.
    func requireOwner() throws {
        guard let claim = verified.withLock({ $0?.claim }), try !store.belongs(to: claim) else { return }
        throw givenAway()
    }

    /// Stores what was read, unless the database has been given to another account by the time of the transaction.
    ///
    /// - Parameter store: stores it with the claim of those who have read it.
    /// - Returns: what `store` returns.
    /// - Throws: the error of `store`. After ``StoreError/ownerChanged(path:)`` the engine's next pass verifies the connection anew.
    func storing<Value>(_ store: () throws(StoreError) -> Value) throws -> Value {
        do throws(StoreError) { return try store() } catch {
            if case .ownerChanged = error { try? requireOwner() }
            throw error
        }
    }

    /// Forgets the connection, so that the engine's next pass verifies one anew.
    ///
    /// - Returns: the error that ends the present pass.
    func givenAway() -> APIError {
        verified.withLock { $0 = nil }
        return APIError(.cancelled, effect: .none, message: "the database was given to another account")
    }

    /// Reads the key's source again, after the server has refused the key.
    ///
    /// - Parameter refused: the connection whose key the server refused.
    /// - Returns: a verified connection with another key; `nil` if there is no other key, if it is another account's,
    ///   or if that cannot be found out.
    func renewed(after refused: Connection) async -> Connection? {
        let seen = renewalEnded.generation
        if let connection, connection.differs(from: refused) { return connection }
        guard
            isRenewing.withLock({ isRenewing in
                defer { isRenewing = true }
                return !isRenewing
            })
        else {
            // Many requests are refused at once: one of them asks for all.
            await renewalEnded.wait(after: seen)
            return connection.flatMap { $0.differs(from: refused) ? $0 : nil }
        }
        defer {
            isRenewing.withLock { $0 = false }
            renewalEnded.notify()
        }
        guard let candidate = try? connect(), candidate.differs(from: refused) else { return nil }
        do {
            // The refused request has passed the breaker already, and a probe must not wait for itself.
            let claim = try await verify(candidate, behind: nil)
            verified.withLock { $0 = (candidate, claim) }
            return candidate
        } catch {
            // The next pass verifies again, and says why it cannot go on.
            if (error as? SyncFailure)?.isOtherOwner == true { verified.withLock { $0 = nil } }
            return nil
        }
    }

    /// Gives the database to the account that the settings name now.
    ///
    /// - Returns: the new owner, and how many writes are held from now on.
    /// - Throws: an ``APIError`` if the key cannot be used or the server does not accept it, and a ``StoreError`` if
    ///   the database cannot be written; then nothing has changed.
    func adopt() async throws -> (owner: StoreOwner, held: Int) {
        let candidate = try connect()
        let account = try await AccountGuard.account(of: candidate)
        let (held, claim) = try store.adopt(server: candidate.server, account: account, key: candidate.key)
        verified.withLock { $0 = (candidate, claim) }
        return (try store.owner(), held)
    }

    /// How many times the guard checks a key before it gives up: another process may change the owner during each check.
    private static let checkLimit = 3

    private func verify(_ candidate: Connection, behind breaker: CircuitBreakerGate?) async throws -> OwnerClaim {
        for _ in 0..<AccountGuard.checkLimit {
            if let claim = try await check(candidate, behind: breaker) { return claim }
        }
        throw givenAway()
    }

    /// - Returns: `nil` if the database got another owner during the check, which decides nothing then.
    private func check(_ candidate: Connection, behind breaker: CircuitBreakerGate?) async throws -> OwnerClaim? {
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
                    // Only its request for the list can meet something that is not the API.
                    try await AccountGuard.ask(behind: breaker, isList: true) { () throws(APIError) in
                        try await AccountGuard.account(of: candidate)
                    })
            case .read(let id):
                check.read(
                    isThere: try await AccountGuard.ask(behind: breaker) { () throws(APIError) in
                        try await AccountGuard.isThere(id, candidate)
                    })
            case .accept(let account):
                return try store.recordOwner(
                    server: candidate.server, account: account, key: candidate.key, checked: owner)
            case .refuse(.otherServer):
                throw SyncFailure.otherServer(owner: owner.server ?? "", given: candidate.server)
            case .refuse(.otherAccount(let given)):
                throw SyncFailure.otherAccount(owner: owner.account?.words, given: given?.words)
            }
        }
    }

    private static func ask<Answer>(
        behind breaker: CircuitBreakerGate?, isList: Bool = false, _ request: () async throws(APIError) -> Answer
    ) async throws(APIError) -> Answer {
        guard let breaker else { return try await request() }
        return try await breaker.pass(isList: isList) { () throws(APIError) in .answered(try await request()) }
    }

    private static func account(of connection: Connection) async throws(APIError) -> Account? {
        do throws(APIError) {
            return try await ProgressMonitor.request(limit: HTTPLimits.reading.total) { () throws(APIError) in
                try await connection.api.whoAmI()
            }
        } catch {
            guard error.isUntold else { throw error }
        }
        // A server that does not tell whose key it is still refuses a key that it does not know: only the list shows that.
        _ = try await ProgressMonitor.request(limit: HTTPLimits.reading.total) { () throws(APIError) in
            try await connection.api.list(page: 0, pageSize: 1, metadata: nil)
        }
        return nil
    }

    /// Whether the API returns the conversation to this key.
    ///
    /// Only the API's own 403 or 404 means no; every other failure is thrown.
    private static func isThere(_ id: RemoteID, _ connection: Connection) async throws(APIError) -> Bool {
        do throws(APIError) {
            _ = try await ProgressMonitor.request(limit: HTTPLimits.reading.total) { () throws(APIError) in
                try await connection.api.get(id)
            }
            return true
        } catch {
            guard error.isNotFound || error.kind == .status(403) else { throw error }
            return false
        }
    }
}

extension SyncFailure {
    /// Whether the database belongs to another server or account than the settings name.
    package var isOtherOwner: Bool {
        switch self {
        case .otherServer, .otherAccount: true
        default: false
        }
    }
}

/// A server, the key for it, and a client of it, as the settings name them at one moment.
package struct Connection: Sendable {
    /// The client of this server, with this key.
    package let api: any ConversationsAPI
    /// The same, for the files that entries refer to; `nil`: none are fetched.
    package let files: (any FilesAPI)?
    /// The server's normalised URL.
    ///
    /// A database belongs to one server.
    package let server: String
    /// The API key; `nil` for a server that asks for none.
    ///
    /// The database stores only its salted digest.
    package let key: String?

    /// Creates a connection.
    ///
    /// Sends nothing.
    ///
    /// - Parameters:
    ///   - api: a client of this server, with this key.
    ///   - files: the same, for the files that entries refer to; `nil`: none are fetched.
    ///   - server: the server's normalised URL.
    ///   - key: the API key; `nil` for a server that asks for none.
    package init(api: any ConversationsAPI, files: (any FilesAPI)? = nil, server: String, key: String?) {
        self.api = api
        self.files = files
        self.server = server
        self.key = key
    }

    fileprivate func hasSameKey(as other: Connection) -> Bool { key == other.key && server == other.server }
}

extension Connection {
    /// Whether this connection has another server or key than the other one, so that the server may answer it
    /// differently.
    func differs(from other: Connection) -> Bool { !hasSameKey(as: other) }
}
