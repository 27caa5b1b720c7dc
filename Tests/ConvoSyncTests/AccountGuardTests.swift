import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Synchronization
import Testing

@testable import ConvoSync

@Suite struct `A request` {
    private let ann = Account(user: .init(id: "u1", name: "ann"))
    private let bob = Account(user: .init(id: "u2", name: "bob"))
    private let store: Store
    private let server = FakeServer()
    /// The settings that are found at each read, one after the other; the last one is repeated.
    private let settings = Settings()

    private final class Settings: Sendable {
        private let state = Mutex<[Connection]>([])
        func say(_ connections: Connection...) { state.withLock { $0 = connections } }
        func read() throws(APIError) -> Connection {
            guard let connection = state.withLock({ $0.count > 1 ? $0.removeFirst() : $0.first }) else {
                throw .keyProblem("there is no key")
            }
            return connection
        }
    }

    init() throws {
        store = try temporaryStore()
        server.belongs(to: ann)
    }

    private func api() -> GuardedAPI {
        let breaker = CircuitBreakerGate(backoff: Backoff(), clock: SteppingClock())
        let settings = settings
        let account = AccountGuard(store: store, breaker: breaker) { () throws(APIError) in try settings.read() }
        return GuardedAPI(account: account, breaker: breaker)
    }

    /// The API once it is known whose the key is.
    private func verified() async throws -> GuardedAPI {
        let api = api()
        try await api.account.verify()
        return api
    }

    private func connection(_ key: String, _ server: FakeServer? = nil, at url: String = "https://a") -> Connection {
        Connection(api: server ?? self.server, server: url, key: key)
    }

    /// - Returns: the failure's code; `nil` if nothing was thrown.
    private func failure(_ work: () async throws -> Void) async -> String? {
        do {
            try await work()
            return nil
        } catch { return SyncFailure(error).reason.code }
    }

    @Test func `is not made before it is known whose the key is`() async throws {
        settings.say(connection("one"))
        let api = api()
        #expect(await failure { _ = try await api.get(RemoteID("conv_1")) } == "cancelled")
        #expect(server.requests().isEmpty)
        try await api.account.verify()
        try await api.account.verify()
        #expect(server.requests() == ["whoami"])
        #expect(try store.owner() == StoreOwner(server: "https://a", account: ann, keyCount: 1))
        #expect(await failure { _ = try await api.get(RemoteID("conv_1")) } == "http_404")
        settings.say()
        #expect(await failure { try await self.api().account.verify() } == "unusable_request")
    }

    @Test func `with a key that is refused the question whose it is, and nothing else, goes all the same`() async throws
    {
        server.fail("whoami", .status(401))
        settings.say(connection("one"))
        try await api().account.verify()
        #expect(server.requests() == ["whoami", "list 0/1"])
        #expect(try store.owner() == StoreOwner(server: "https://a", account: nil, keyCount: 1))
        let refusing = FakeServer()
        for request in ["whoami", "list"] { refusing.fail(request, .status(401)) }
        settings.say(connection("two", refusing))
        #expect(await failure { try await self.api().account.verify() } == "http_401")
        #expect(try !store.knows(key: "two"))
    }

    @Test func `with a key that is refused is made again with the one that its source has by then`() async throws {
        let rotated = FakeServer()
        rotated.belongs(to: ann)
        let id = rotated.make()
        settings.say(connection("one"), connection("two", rotated))
        let api = try await verified()
        server.fail("get", .status(401))
        #expect(try await api.get(id).id == id)
        #expect(rotated.requests() == ["whoami", "get \(id)"])
        #expect(try store.owner().keyCount == 2)
        #expect(try await api.get(id).id == id, "the new key stays")
        #expect(server.requests() == ["whoami", "get \(id)"])
    }

    @Test func `that another one has renewed the key for uses that one`() async throws {
        let rotated = FakeServer()
        rotated.belongs(to: ann)
        settings.say(connection("one"), connection("two", rotated))
        let account = api().account
        try await account.verify()
        let refused = try #require(account.connection)
        #expect(await account.renewed(after: refused)?.key == "two")
        #expect(await account.renewed(after: refused)?.key == "two")
        #expect(rotated.requests() == ["whoami"])
        settings.say(connection("three", rotated))
        try await account.verify()
        #expect(account.connection?.key == "two", "what is verified is not read again before it is refused")
        #expect(await account.renewed(after: refused)?.key == "two")
        settings.say(connection("two", rotated))
        #expect(await account.renewed(after: try #require(account.connection)) == nil)
    }

    @Test func `is refused where the source has no other key`() async throws {
        settings.say(connection("one"))
        let api = try await verified()
        server.fail("get", .status(401))
        #expect(await failure { _ = try await api.get(RemoteID("x")) } == "http_401")
        #expect(server.requests() == ["whoami", "get x"])
        api.breaker.woken()
        server.fail("get", .status(403))
        #expect(await failure { _ = try await api.get(RemoteID("x")) } == "http_403")
    }

    @Test func `with another account's key is not made, and nothing after it`() async throws {
        let other = FakeServer()
        other.belongs(to: bob)
        settings.say(connection("one"), connection("two", other))
        let api = try await verified()
        server.fail("get", .status(401))
        #expect(await failure { _ = try await api.get(RemoteID("x")) } == "http_401")
        #expect(other.requests() == ["whoami"])
        #expect(api.account.connection == nil)
        api.breaker.woken()
        #expect(await failure { try await api.account.verify() } == "other_account")
        #expect(try store.owner().keyCount == 1)
    }

    @Test func `stays with the key it has where the new one cannot be asked about`() async throws {
        let other = FakeServer()
        other.fail("whoami", .status(503))
        settings.say(connection("one"), connection("two", other))
        let api = try await verified()
        server.fail("get", .status(401))
        #expect(await failure { _ = try await api.get(RemoteID("x")) } == "http_401")
        #expect(api.account.connection?.key == "one")
    }

    @Test func `goes to no other server`() async throws {
        try store.recordOwner(server: "https://a", account: ann, key: "one")
        settings.say(connection("one", at: "https://b"))
        let api = api()
        #expect(await failure { try await api.account.verify() } == "other_server")
        #expect(server.requests().isEmpty)
        let adopted = try await api.account.adopt()
        #expect(
            adopted.owner == StoreOwner(server: "https://b", account: ann, keyCount: 1, adoptions: 1)
                && adopted.held == 0)
        #expect(api.account.connection?.server == "https://b")
    }

    @Test func `gives the database to nobody whose key the server refuses`() async throws {
        server.belongs(to: nil)
        try store.recordOwner(server: "https://a", account: nil, key: "old")
        settings.say(connection("new"))
        server.fail("list", .status(401))
        #expect(await failure { _ = try await self.api().account.adopt() } == "http_401")
        #expect(try store.knows(key: "old") && !store.knows(key: "new"))
        _ = try await api().account.adopt()
        #expect(try !store.knows(key: "old") && store.knows(key: "new"))
    }

    /// `convo account adopt` runs while a daemon is running.
    @Test func `is made no more once another process has given the database to another account`() async throws {
        settings.say(connection("one"))
        let api = try await verified()
        try api.account.requireOwner()
        _ = try store.adopt(server: "https://a", account: bob, key: "bob's")
        #expect(await failure { try api.account.requireOwner() } == "cancelled")
        #expect(api.account.connection == nil)
        #expect(await failure { try await api.account.verify() } == "other_account")
        #expect(await failure { _ = try await api.get(RemoteID("conv_1")) } == "cancelled")
        _ = try store.adopt(server: "https://a", account: ann, key: "one")
        try await api.account.verify()
        _ = try store.adopt(server: "https://b", account: ann, key: "one")
        #expect(await failure { try await api.account.verify() } == "other_server")
    }

    @Test func `belongs to the owner where the server does not tell, if one of five conversations can be read`()
        async throws
    {
        server.belongs(to: nil)
        try store.recordOwner(server: "https://a", account: nil, key: "old")
        for number in 0..<6 {
            _ = try store.ingest([
                Conversation(
                    raw: .object([
                        "id": .string("held_\(number)"),
                        "updated_at": .string("2026-01-0\(number + 1)T00:00:00Z"),
                    ]))
            ])
        }
        settings.say(connection("new"))
        server.fail("get", .status(403))
        #expect(await failure { try await self.api().account.verify() } == "other_account")
        #expect(server.requests() == ["whoami", "list 0/1"] + (1...5).reversed().map { "get held_\($0)" })
        server.fail("get", .status(503))
        #expect(await failure { try await self.api().account.verify() } == "http_503")
        server.fail("whoami", .status(503))
        #expect(await failure { try await self.api().account.verify() } == "http_503")
        let readable = server.make()
        _ = try store.ingest([try server.get(readable)])
        try await api().account.verify()
        #expect(try store.knows(key: "new"))
    }

    @Test func `needs no key where the server asks for none`() async throws {
        try store.recordOwner(server: "https://a", account: ann, key: nil)
        settings.say(Connection(api: server, server: "https://a", key: nil))
        try await api().account.verify()
        #expect(server.requests().isEmpty)
    }

    @Test func `is told by server and key from one that is another`() {
        let one = connection("one")
        #expect(!one.differs(from: connection("one")))
        #expect(one.differs(from: connection("two")))
        #expect(one.differs(from: connection("one", at: "https://b")))
    }

    @Test func `that writes is held back in an outage until a cheap read has gone well`() async throws {
        settings.say(connection("one"))
        let clock = SteppingClock()
        let breaker = CircuitBreakerGate(backoff: Backoff(), clock: clock)
        let settings = settings
        let account = AccountGuard(store: store, breaker: breaker) { () throws(APIError) in try settings.read() }
        let api = GuardedAPI(account: account, breaker: breaker)
        try await account.verify()
        let id = server.make()
        server.fail("list", .portal)
        #expect(await failure { _ = try await api.list(page: 0, pageSize: 100, metadata: nil) } == "not_the_api")
        _ = server.requests()
        #expect(await failure { try await api.delete(id) } == "not_the_api")
        #expect(server.requests().isEmpty)
        clock.advance(.seconds(1))
        server.fail("list", .portal)
        #expect(await failure { try await api.delete(id) } == "not_the_api")
        #expect(server.requests() == ["list 0/1"])
        clock.advance(.seconds(1))
        #expect(await failure { try await api.delete(id) } == "not_the_api")
        clock.advance(.seconds(1))
        try await api.delete(id)
        #expect(server.requests() == ["list 0/1", "delete \(id)"])
        #expect(server.count == 0)
        server.fail("get", .portal)
        #expect(await failure { _ = try await api.get(id) } == "not_the_api")
        #expect(breaker.holdsUntil == nil, "a single conversation says nothing of the server")
        server.fail("list", .portal)
        #expect(await failure { _ = try await api.list(page: 0, pageSize: 9, unless: nil) } == "not_the_api")
        #expect(breaker.holdsUntil == clock.now + .seconds(1))
        breaker.woken()
        #expect(breaker.holdsUntil == nil)
    }
}
