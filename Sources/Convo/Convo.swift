@_exported public import ConvoAPI
import ConvoHTTP
@_exported public import ConvoJSON
@_exported public import ConvoModel
@_exported public import ConvoStore
package import ConvoSync
import Synchronization

/// A person's conversations with Mistral's API, on their own disk: read and searched at once, written to without a network,
/// and kept in step with the server.
///
/// ```swift
/// let convo = try await Convo(at: "chats.db", credentials: .key(key))
/// let running = Task { try await convo.run() }
/// let answer = convo.start("Hello!", model: "mistral-medium-latest", streaming: true)
/// for try await event in answer { print(event.text ?? "", terminator: "") }
/// ```
///
/// The database is one SQLite file, which any number of processes may use at once, the `convod` daemon among them. A write is
/// accepted when the disk has it, and reaches the server exactly once, whoever sends it and whenever that can be done.
///
/// No method blocks its caller's thread or actor. Every method throws ``ConvoError``: ``ConvoError/closed`` after ``close()``,
/// ``ConvoError/store(_:)`` if the file cannot be used.
public final class Convo: Sendable {
    /// The canonical path of the database file.
    public let path: String
    package let store: Store
    package let engine: SyncEngine
    let reader = BlockingWork(label: "convo.reading", isSerial: false)
    let writer = BlockingWork(label: "convo.writing", isSerial: true)
    let feed: ChangeFeed
    /// Notified when ``close()`` is called.
    let closing = AsyncEvent()
    private let isClosed = Atomic(false)

    /// Opens a database, and makes it if there is none: the file 0600, missing folders 0700.
    ///
    /// Sends nothing: requests are made by ``run(polling:sweeping:observe:)``, ``deliver(_:)`` and ``pull(sweeping:)`` only.
    ///
    /// - Parameters:
    ///   - path: the file's path, absolute or relative to the working directory.
    ///   - server: the server's URL; an `http` one gets a key only if it is this machine.
    ///   - credentials: where the API key comes from. The first server and account that are reached own the database from then
    ///     on; another one is refused.
    ///   - conflicts: what becomes of an append if somebody else has written to its conversation meanwhile.
    /// - Throws: ``ConvoError/invalidServer(_:reason:)``; ``ConvoError/store(_:)`` if the file cannot be opened, or if nothing can
    ///   be written beside it: a database on a medium that is read-only is opened by ``ConvoStore/Store/init(reading:)``.
    public convenience init(
        at path: String, server: String = MistralAPI.defaultURL, credentials: Credentials,
        conflicts: ConflictPolicy = .append
    ) async throws(ConvoError) {
        let url: ServerURL
        do { url = try ServerURL(server) } catch { throw .invalidServer(server, reason: error.reason) }
        var limits = SyncLimits()
        limits.conflictPolicy = conflicts
        let opening = BlockingWork(label: "convo.opening", isSerial: true)
        let (store, feed) = try await opening.run { () throws(ConvoError) in
            do throws(StoreError) {
                let store = try Store(path: path)
                return (store, try ChangeFeed(store))
            } catch { throw .store(error) }
        }
        self.init(store, feed, url, credentials, limits)
    }

    private init(
        _ store: Store, _ feed: ChangeFeed, _ server: ServerURL, _ credentials: Credentials, _ limits: SyncLimits
    ) {
        path = store.path
        self.store = store
        self.feed = feed
        let transport = PlatformTransport.make()
        let folder = store.folder
        engine = SyncEngine(store: store, limits: limits) { () throws(APIError) in
            let key = credentials.key()
            let api = try MistralAPI(
                baseURL: server.description, apiKey: key, transport: transport, spoolFolder: folder)
            return Connection(api: api, files: api, server: server.normalised, key: key)
        }
    }

    deinit { feed.stop() }

    /// Ends ``run(polling:sweeping:observe:)`` with its requests, and the sequences of changes; later calls throw
    /// ``ConvoError/closed``.
    ///
    /// Accepted writes stay in the database. The method returns at once; other calls that are under way, and answers that are being
    /// delivered, end as they would have. The file is closed when nobody holds this object, nor a sequence of it, any more.
    public func close() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        closing.notify()
        feed.stop()
    }

    var hasClosed: Bool { isClosed.load(ordering: .sequentiallyConsistent) }

    func requireOpen() throws(ConvoError) {
        if hasClosed { throw .closed }
        if Task.isCancelled { throw .cancelled }
    }

    func reading<Value: Sendable>(
        _ work: @escaping @Sendable (Store) throws(StoreError) -> Value
    ) async throws(ConvoError) -> Value {
        try await perform(on: reader, work)
    }

    func writing<Value: Sendable>(
        _ work: @escaping @Sendable (Store) throws(StoreError) -> Value
    ) async throws(ConvoError) -> Value {
        try await perform(on: writer, work)
    }

    /// Hands over a write behind those before, and returns at once.
    func beginWriting<Value: Sendable>(
        _ work: @escaping @Sendable (Store) throws(StoreError) -> Value
    ) -> Task<Result<Value, ConvoError>, Never> {
        guard !hasClosed else { return Task { .failure(.closed) } }
        let begun = writer.begin { [store] () throws(ConvoError) in
            do throws(StoreError) { return try work(store) } catch { throw .store(error) }
        }
        return Task { await begun.value ?? .failure(.cancelled) }
    }

    private func perform<Value: Sendable>(
        on threads: BlockingWork, _ work: @escaping @Sendable (Store) throws(StoreError) -> Value
    ) async throws(ConvoError) -> Value {
        try requireOpen()
        let store = store
        return try await threads.run { () throws(ConvoError) in
            do throws(StoreError) { return try work(store) } catch { throw .store(error) }
        }
    }
}
