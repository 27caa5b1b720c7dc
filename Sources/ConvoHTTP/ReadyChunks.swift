internal import Synchronization

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
