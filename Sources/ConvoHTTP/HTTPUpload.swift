internal import Synchronization

/// The body of a request that is sent while it is still being read from somebody else.
///
/// One task writes; the transport's thread takes. The writer waits while the transfer is behind, so that the number of bytes
/// that wait is bounded.
package final class HTTPUpload: Sendable {
    /// How many bytes wait for the transfer before the writer has to.
    static let capacity = 256 << 10

    /// The size of the whole body in bytes; `nil` where the writer does not know it, and the body is sent in chunks.
    package let size: Int?

    private struct State {
        var buffer: ArraySlice<UInt8> = []
        var end: End?
        var isPaused = false
        var resume: (@Sendable () -> Void)?
        var waiting: CheckedContinuation<Void, Never>?
    }

    private enum End { case whole, broken, abandoned }

    /// What the transfer finds when it asks for bytes.
    enum Part: Equatable { case bytes(Int), later, end, broken }

    private let state = Mutex(State())

    /// Creates a body of which nothing has been written yet.
    ///
    /// - Parameter size: the size of the whole body in bytes; `nil` where it is not known.
    package init(size: Int?) { self.size = size }

    /// Hands bytes to the transfer; waits while too many are waiting already.
    ///
    /// - Parameter bytes: the next bytes of the body.
    /// - Returns: `false` if the transfer has ended, so that nobody needs the rest.
    package func write(_ bytes: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.end != nil || state.buffer.count < HTTPUpload.capacity { return true }
                state.waiting = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        let (isWanted, resume) = state.withLock { state in
            guard state.end == nil else { return (false, nil as (@Sendable () -> Void)?) }
            state.buffer.append(contentsOf: bytes)
            return (true, HTTPUpload.unpause(&state))
        }
        resume?()
        return isWanted
    }

    /// Says that the body is whole, or that its writer has lost the rest, which ends the request.
    package func finish(isWhole: Bool = true) { end(isWhole ? .whole : .broken) }

    /// Lets the writer go, because the transfer has ended.
    func abandon() { end(.abandoned) }

    private func end(_ end: End) {
        let (waiting, resume) = state.withLock { state in
            if state.end == nil { state.end = end }
            defer { state.waiting = nil }
            return (state.waiting, HTTPUpload.unpause(&state))
        }
        waiting?.resume()
        resume?()
    }

    private static func unpause(_ state: inout State) -> (@Sendable () -> Void)? {
        guard state.isPaused else { return nil }
        state.isPaused = false
        return state.resume
    }

    // MARK: The transport's side

    /// Names the function that lets a paused transfer go on.
    func whenReady(_ resume: @escaping @Sendable () -> Void) { state.withLock { $0.resume = resume } }

    /// Copies the next bytes into the transfer's buffer; where there are none yet, the transfer pauses.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Part {
        let (part, waiting) = state.withLock { state -> (Part, CheckedContinuation<Void, Never>?) in
            guard !state.buffer.isEmpty else {
                switch state.end {
                case .whole: return (.end, nil)
                case .broken, .abandoned: return (.broken, nil)
                case nil:
                    state.isPaused = true
                    return (.later, nil)
                }
            }
            let count = min(buffer.count, state.buffer.count)
            state.buffer.withUnsafeBytes { bytes in
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
            state.buffer = state.buffer.count == count ? [] : state.buffer.dropFirst(count)
            defer { state.waiting = nil }
            return (.bytes(count), state.waiting)
        }
        waiting?.resume()
        return part
    }
}

extension HTTPUpload: Hashable {
    /// Whether both are the same object.
    package static func == (one: HTTPUpload, other: HTTPUpload) -> Bool { one === other }
    /// Hashes the object's identity.
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
