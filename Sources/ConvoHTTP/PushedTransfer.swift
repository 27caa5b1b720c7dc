internal import Dispatch
internal import Synchronization

/// What sends a request, and hands the answer on whether or not there is room for it.
protocol PushingTask: Sendable {
    /// Begins, or goes on.
    func resume()
    /// Hands on what has come, and then waits.
    func suspend()
    /// Ends, and reports that later.
    func cancel()
}

/// One request on a transport that pushes the answer: what the reader is not ready for is held here.
///
/// The transport calls from one thread at a time, readers from any.
final class PushedTransfer: Sendable {
    private struct State {
        /// What came while the reader was behind; as long as there is any, the task is to be suspended if it may be.
        var held: ArraySlice<[UInt8]> = []
        /// What the task was told last.
        var isSuspended = false
        var isPaceWrong: Bool { isSuspended == held.isEmpty }
        /// The bytes of the body so far, and as many as the head tells; `nil` where it does not.
        var received = 0
        var length: Int?
        /// Whether a part of the request's body has left, or the answer's head has come.
        var isUnderWay = false
        var hasHead = false
        /// How it ended; the reader learns that behind what is held.
        var outcome: Result<Void, HTTPError>?
        var start = ContinuousClock.now
        var lastActivity = ContinuousClock.now
        /// Looks whether the time is over.
        var watch: Task<Void, Never>?
    }

    /// The longest piece in which bytes are handed to the reader.
    static let piece = 64 << 10
    /// A year, for a request whose caller gives it more.
    static let longest = Duration.seconds(365 * 86_400)

    let request: HTTPRequest
    let answer: PendingResponse
    private let task: any PushingTask
    private let state = Mutex(State())
    /// Where the task is told what to do: it may wait for the return of those whom it calls.
    private let commands = DispatchQueue(label: "convo.transfer")

    init(_ request: HTTPRequest, _ task: any PushingTask, capacity: Int) {
        self.request = request
        self.task = task
        answer = PendingResponse(capacity: capacity)
    }

    deinit { state.withLock { $0.watch }?.cancel() }

    /// Sends the request, and begins to count the time.
    func begin() {
        // Cancelled when the transfer ends, or nobody has it any more.
        let watch = Task { [weak self] in
            while let wait = self?.timeToLook(at: .now), (try? await Task.sleep(for: wait)) != nil {}
        }
        state.withLock { state in
            (state.start, state.lastActivity) = (.now, .now)
            state.watch = watch
        }
        commands.async { [task] in task.resume() }
    }

    /// Suspends the task or lets it go on, as what is held asks for; not where the request may act.
    ///
    /// > "All other tasks must start over when resumed." developer.apple.com, URLSessionTask.suspend()
    ///
    /// They do not start over on Apple's systems, but what may act twice must not depend on that. The answer to such a
    /// request is short, and ``HTTPLimits/body`` bounds it.
    private func pace() {
        guard request.method == .get, state.withLock({ $0.isPaceWrong }) else { return }
        commands.async { [self] in
            let isToSuspend = state.withLock { state -> Bool? in
                guard state.isPaceWrong else { return nil }
                state.isSuspended.toggle()
                return state.isSuspended
            }
            if let isToSuspend { isToSuspend ? task.suspend() : task.resume() }
        }
    }

    private func end(_ state: inout State, _ outcome: Result<Void, HTTPError>) {
        state.watch?.cancel()
        state.outcome = outcome
        if state.held.isEmpty { answer.finish(outcome) }
    }
}

// MARK: Time

extension PushedTransfer {
    /// Gives the transfer up where a limit has passed.
    ///
    /// - Returns: how long it is until the next limit may pass; `nil` where the transfer has ended.
    func timeToLook(at now: ContinuousClock.Instant) -> Duration? {
        let (limits, origin) = (request.limits, request.url.origin)
        let stall = Duration.seconds(max(1, limits.stall.components.seconds))
        let total = min(limits.total, PushedTransfer.longest)
        let (wait, error) = state.withLock { state -> (Duration, HTTPError?) in
            // A slow reader's time does not count.
            if state.isSuspended || !state.held.isEmpty { state.lastActivity = now }
            // Without a body, nothing tells whether there is a connection.
            let waitsForConnection = !state.isUnderWay && request.method == .post && !request.body.isEmpty
            var ends: [(ContinuousClock.Instant, HTTPError.Kind, String)] = [
                (state.start + total, .timeout, "no whole answer from \(origin) within \(limits.total)"),
                (state.lastActivity + stall, .stalled, "nothing came from \(origin) for \(stall)"),
            ]
            if waitsForConnection {
                let message = "no connection to \(origin) within \(limits.connect)"
                ends.append((state.start + limits.connect, .connectTimeout, message))
            }
            guard let (end, kind, message) = ends.min(by: { $0.0 < $1.0 }) else { return (stall, nil) }
            let isOver = end <= now && state.outcome == nil
            return (now.duration(to: end), isOver ? HTTPError(kind, mayHaveReachedServer: true, message: message) : nil)
        }
        if let error { refuse(error) }
        return state.withLock { $0.outcome == nil } ? wait : nil
    }
}

// MARK: The task's side

extension PushedTransfer {
    /// Waits for something, and gives the transfer up where the waiting task is cancelled.
    func cancellable<Value>(_ wait: () async -> Value) async -> Value {
        await withTaskCancellationHandler {
            await wait()
        } onCancel: {
            refuse(.cancelled(mayHaveReachedServer: true))
        }
    }

    /// Gives the transfer up, unless it has ended.
    func refuse(_ error: HTTPError) {
        state.withLock { state in
            state.held = []
            end(&state, state.outcome ?? .failure(error))
        }
        commands.async { [task] in task.cancel() }
    }

    /// Lets a transfer go on whose reader was behind.
    func resume() {
        state.withLock { state in
            guard !state.held.isEmpty else { return }
            while let piece = state.held.first, piece.withUnsafeBytes({ answer.offer($0) }) { state.held.removeFirst() }
            state.lastActivity = .now
            if state.held.isEmpty, let outcome = state.outcome { end(&state, outcome) }
        }
        pace()
    }
}

// MARK: The transport's side

extension PushedTransfer {
    /// Takes note that a part of the request's body has left.
    func sentBody() { state.withLock { ($0.isUnderWay, $0.lastActivity) = (true, .now) } }

    /// Takes the answer's head; `nil` for what is none.
    ///
    /// - Returns: `false` where the transfer was given up.
    func received(_ head: HTTPHead?) -> Bool {
        guard let head else {
            refuse(HTTPError(.connectionLost, mayHaveReachedServer: true, message: "what came was not HTTP"))
            return false
        }
        // A colon, a space and a line's end for each.
        let size = head.headers.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        guard size <= HeadParser.sizeLimit else {
            refuse(.headTooLarge(limit: HeadParser.sizeLimit))
            return false
        }
        guard !state.withLock({ $0.hasHead }) else {
            refuse(HTTPError(.connectionLost, mayHaveReachedServer: true, message: "the answer began anew"))
            return false
        }
        // The length is that of the compressed bytes.
        let isCompressed = head.headers["content-encoding"] != nil
        return state.withLock { state in
            guard state.outcome == nil else { return false }
            (state.isUnderWay, state.hasHead, state.lastActivity) = (true, true, .now)
            state.length = isCompressed ? nil : head.headers["content-length"].flatMap { Int($0) }
            answer.arrived(head)
            return true
        }
    }

    /// Takes bytes of the body, and holds those for which the reader is not ready.
    func received(_ bytes: UnsafeRawBufferPointer) {
        let isTooLarge = state.withLock { state in
            guard state.outcome == nil else { return false }
            guard bytes.count <= request.limits.body - state.received else { return true }
            state.received += bytes.count
            state.lastActivity = .now
            for start in stride(from: 0, to: bytes.count, by: PushedTransfer.piece) {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(PushedTransfer.piece))
                if state.held.isEmpty, answer.offer(piece) { continue }
                if let last = state.held.last, last.count + piece.count <= PushedTransfer.piece {
                    state.held[state.held.endIndex - 1] += piece
                } else {
                    state.held.append(Array(piece))
                }
            }
            return false
        }
        if isTooLarge { return refuse(.bodyTooLarge(limit: request.limits.body)) }
        pace()
    }

    /// Takes the end; `nil` for one without an error.
    func ended(_ error: HTTPError?) {
        state.withLock { state in
            guard state.outcome == nil else { return }
            if let error { return end(&state, .failure(error)) }
            guard state.length.map({ $0 <= state.received }) ?? true else {
                let message =
                    "the connection to \(request.url.origin) broke off: the answer is shorter than its head says"
                return end(&state, .failure(HTTPError(.connectionLost, mayHaveReachedServer: true, message: message)))
            }
            end(&state, .success(()))
        }
    }
}
