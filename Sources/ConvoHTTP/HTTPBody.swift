internal import Synchronization

/// The body of an answer as it comes, in chunks of any size, which can be iterated once.
///
/// The request ends when the iterator, or a body that was never iterated, is destroyed.
public struct HTTPBody: AsyncSequence, Sendable {
    /// The next bytes of the body.
    public typealias Element = [UInt8]
    /// The error that ends an iteration early.
    public typealias Failure = HTTPError

    private let source: any HTTPBodySource

    /// Creates a body that reads from a source.
    public init(_ source: some HTTPBodySource) { self.source = source }

    /// Creates a body that is already in memory, for transports without a network.
    ///
    /// - Parameters:
    ///   - chunks: the elements of the iteration.
    ///   - error: thrown after the chunks; `nil` where the body is whole.
    public init(chunks: [[UInt8]], error: HTTPError? = nil) {
        self.init(ReadyChunks(chunks, error: error))
    }

    /// Begins the one iteration; a second iterator would share the first one's bytes.
    public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    /// Reads a body, and ends its request when the last copy of the iterator is destroyed.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        private let reading: Reading

        fileprivate init(source: any HTTPBodySource) { reading = Reading(source: source) }

        /// Waits for the next bytes of the body.
        ///
        /// Cancelling the task ends the request.
        ///
        /// - Parameter actor: the caller's isolation, which is not used.
        /// - Returns: the bytes; `nil` at the body's end.
        /// - Throws: ``HTTPError`` if the body ended before its end, or is larger than the request allows.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(HTTPError)
            -> [UInt8]?
        {
            try await reading.source.next()
        }

        /// Waits for the next bytes of the body, for callers that pass no isolation.
        ///
        /// - Returns: the bytes; `nil` at the body's end.
        /// - Throws: ``HTTPError`` if the body ended before its end, or is larger than the request allows.
        public mutating func next() async throws(HTTPError) -> [UInt8]? { try await reading.source.next() }
    }

    /// Ends the request when the iteration is over.
    private final class Reading: Sendable {
        let source: any HTTPBodySource
        init(source: any HTTPBodySource) { self.source = source }
        deinit { source.abandon() }
    }

    /// Reads the rest of the body into memory.
    ///
    /// - Parameter limit: the greatest number of bytes.
    /// - Returns: the bytes up to the body's end.
    /// - Throws: ``HTTPError`` if the body breaks off, or is larger than the limit.
    package func collected(limit: Int) async throws(HTTPError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunks = makeAsyncIterator()
        while let chunk = try await chunks.next() {
            guard chunk.count <= limit - bytes.count else { throw .bodyTooLarge(limit: limit) }
            bytes += chunk
        }
        return bytes
    }
}

/// The origin of a body's bytes, which a transport implements.
public protocol HTTPBodySource: Sendable {
    /// Waits for the next bytes; called by one reader at a time.
    ///
    /// - Returns: the bytes; `nil` at the body's end.
    /// - Throws: ``HTTPError`` if the body breaks off.
    func next() async throws(HTTPError) -> [UInt8]?
    /// Ends the request, because nobody will read on.
    ///
    /// Called once or more, also after the body's end.
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
