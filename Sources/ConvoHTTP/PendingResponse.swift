internal import Synchronization

/// One request's answer on its way from the driver's thread to the task that waits for it.
///
/// The driver pushes; the task takes, and suspends where there is nothing to take yet. Only one task may take.
final class PendingResponse: Sendable {
    /// The number of bytes that a stream holds for a slow reader before the transfer is paused.
    static let streamCapacity = 256 << 10
    /// The most that is reserved for a body because its head tells a length.
    private static let largestReserve = 1 << 20

    private enum Awaited { case head, bytes(Int), end }

    private struct State {
        var head: HTTPHead?
        var buffer: [UInt8] = []
        var outcome: Result<Void, HTTPError>?
        var isPaused = false
        var waiting: (awaited: Awaited, continuation: CheckedContinuation<Void, Never>)?

        func grants(_ awaited: Awaited) -> Bool {
            switch awaited {
            case .head: head != nil || outcome != nil
            case .bytes(let count): buffer.count >= count || outcome != nil
            case .end: outcome != nil
            }
        }

        /// The waiting task's continuation, if what the task waits for is there; the caller has to resume it.
        mutating func ready() -> CheckedContinuation<Void, Never>? {
            guard let waiting, grants(waiting.awaited) else { return nil }
            self.waiting = nil
            return waiting.continuation
        }
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    // MARK: The driver's side

    /// Stores the head, which comes before any byte of the body, and reserves the room that the body will need.
    func arrived(_ head: HTTPHead) {
        let length = head.headers["content-length"].flatMap { Int($0) } ?? 0
        let room = max(0, min(length, capacity, PendingResponse.largestReserve))
        update {
            $0.head = head
            $0.buffer.reserveCapacity(room)
        }
    }

    /// Stores bytes of the body, if there is room.
    ///
    /// - Returns: `false` if there is none, because the reader is behind; the same bytes must be offered again later.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        update { state in
            let hasRoom = state.buffer.isEmpty || state.buffer.count + bytes.count <= capacity
            if hasRoom { state.buffer.append(contentsOf: bytes) }
            state.isPaused = !hasRoom
            return hasRoom
        }
    }

    /// Ends the response; only the first call has an effect.
    func finish(_ outcome: Result<Void, HTTPError>) {
        update { if $0.outcome == nil { $0.outcome = outcome } }
    }

    private func update<R: Sendable>(_ change: (inout State) -> R) -> R {
        let (result, continuation) = state.withLock { state in
            let result = change(&state)
            return (result, state.ready())
        }
        continuation?.resume()
        return result
    }

    // MARK: The task's side

    /// Waits for the head.
    func head() async -> Result<HTTPHead, HTTPError> {
        await wait(for: .head)
        return state.withLock { state in
            if let head = state.head { return .success(head) }
            if case .failure(let error) = state.outcome { return .failure(error) }
            return .failure(HTTPError(.connectionLost, mayHaveReachedServer: true, message: "no answer came"))
        }
    }

    /// Waits for bytes of the body, and takes all that have come since the last call.
    ///
    /// - Returns: the bytes, empty at the body's end; `wasPaused` says that the caller has to resume the transfer.
    func bytes() async -> (result: Result<[UInt8], HTTPError>, wasPaused: Bool) {
        await wait(for: .bytes(1))
        return state.withLock { state in
            let wasPaused = state.isPaused
            state.isPaused = false
            if !state.buffer.isEmpty {
                let bytes = state.buffer
                state.buffer = []
                return (.success(bytes), wasPaused)
            }
            if case .failure(let error) = state.outcome { return (.failure(error), wasPaused) }
            return (.success([]), wasPaused)
        }
    }

    /// Waits for the head and for so many bytes of the body, or for the answer's end; the bytes can be taken then.
    func head(with count: Int) async -> Result<HTTPHead, HTTPError> {
        await wait(for: .bytes(count))
        return await head()
    }

    /// Waits for the end of the whole answer.
    func whole() async -> Result<HTTPResponse, HTTPError> {
        await wait(for: .end)
        switch await head() {
        case .failure(let error): return .failure(error)
        case .success(let head):
            return state.withLock { state in
                if case .failure(let error) = state.outcome { return .failure(error) }
                return .success(HTTPResponse(head: head, body: state.buffer))
            }
        }
    }

    private func wait(for awaited: Awaited) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.grants(awaited) { return true }
                state.waiting = (awaited, continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
