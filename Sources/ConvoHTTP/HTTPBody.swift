internal import Synchronization

/// An answer's body as it comes, in chunks of any size. It can be iterated once.
///
/// Letting go of the iterator, or of a body that was never iterated, ends the request and closes its connection.
public struct HTTPBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = HTTPError

    private let source: any HTTPBodySource

    public init(_ source: some HTTPBodySource) { self.source = source }

    /// A body that is already here, for transports without a network. An error given is thrown after the chunks.
    public init(chunks: [[UInt8]], error: HTTPError? = nil) {
        self.init(ReadyChunks(chunks, error: error))
    }

    public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    public struct Iterator: AsyncIteratorProtocol, Sendable {
        private let reading: Reading

        fileprivate init(source: any HTTPBodySource) { reading = Reading(source: source) }

        /// - Throws: ``HTTPError`` if the body ended before its end, or is larger than the request allows.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(HTTPError)
            -> [UInt8]?
        {
            try await reading.source.next()
        }

        public mutating func next() async throws(HTTPError) -> [UInt8]? { try await reading.source.next() }
    }

    /// Ends the request when the iteration is over.
    private final class Reading: Sendable {
        let source: any HTTPBodySource
        init(source: any HTTPBodySource) { self.source = source }
        deinit { source.abandon() }
    }

    /// Reads the rest into memory.
    ///
    /// - Throws: ``HTTPError`` if the body breaks off, or is larger than the limit.
    public func collected(limit: Int) async throws(HTTPError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunks = makeAsyncIterator()
        while let chunk = try await chunks.next() {
            guard chunk.count <= limit - bytes.count else { throw .bodyTooLarge(limit: limit) }
            bytes += chunk
        }
        return bytes
    }
}

/// Where a body's bytes come from.
public protocol HTTPBodySource: Sendable {
    /// The next bytes, `nil` at the end. Called by one reader at a time.
    func next() async throws(HTTPError) -> [UInt8]?
    /// Nobody will read on. Called once or more, also after the end.
    func abandon()
}

/// A body that is in memory.
final class ReadyChunks: HTTPBodySource {
    private let chunks: Mutex<ArraySlice<[UInt8]>>
    private let error: HTTPError?

    init(_ chunks: [[UInt8]], error: HTTPError?) {
        self.chunks = Mutex(chunks[...])
        self.error = error
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        if let chunk = chunks.withLock({ $0.popFirst() }) { return chunk }
        if let error { throw error }
        return nil
    }

    func abandon() {}
}
