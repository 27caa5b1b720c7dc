import ConvoPlatform
import Synchronization

/// What other threads ask of the thread that waits for a person's keys.
final class LineRequests: Sendable {
    enum Request: Sendable {
        /// Shows a text, of whole lines, above the line that is being edited.
        case show(String)
        /// Gives the line up, because the person pressed Ctrl-C.
        case interrupt
        /// Gives the line up if nothing was typed yet.
        case recall
        /// The terminal has another size.
        case resize
        /// The process goes on after it was stopped.
        case resume
    }

    private struct State {
        var isReading = false
        /// How many jobs wait for the thread that reads lines.
        var wanted = 0
        var requests: [Request] = []
    }

    private let state = Mutex(State())
    private let device: TerminalDevice
    /// Both ends of a pipe with a byte for each request: poll(2) waits for it beside the keys.
    private let (reading, writing): (Int32, Int32)

    /// Makes an empty list; `nil` where the process has no descriptors left.
    ///
    /// - Parameter device: where texts are shown while no line is read.
    init?(device: TerminalDevice) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (reading, writing) = (ends[0], ends[1])
        self.device = device
    }

    deinit {
        ConvoPlatform.close(reading)
        ConvoPlatform.close(writing)
    }

    /// Whether a job waits for the thread that reads lines.
    var isThreadWanted: Bool { state.withLock { $0.wanted > 0 } }

    /// Asks the thread that reads lines to end its watch: a job waits for it.
    func wantThread() {
        state.withLock { $0.wanted += 1 }
        wake()
    }

    /// Ends the wait that is under way, or else the next one.
    func wake() { ConvoPlatform.write(writing, "\n", 1) }

    /// A job has the thread.
    func haveThread() { state.withLock { $0.wanted -= 1 } }

    /// Hands over a request; a text is shown at once where no line is being read.
    ///
    /// - Parameter request: the request.
    /// - Returns: whether a line is being read; else the request is dropped, but for a text.
    @discardableResult
    func add(_ request: Request) -> Bool {
        state.withLock { state in
            if state.isReading {
                state.requests.append(request)
                ConvoPlatform.write(writing, "\n", 1)
            } else if case .show(let text) = request {
                // A terminal that is gone ends the next read.
                try? device.write(text)
            }
            return state.isReading
        }
    }

    /// Does the work of reading a line, in which requests wait to be taken.
    ///
    /// - Parameter read: reads the line.
    /// - Returns: what that returned; texts that came too late for it are shown behind it.
    func whileReading(_ read: () -> LineInput) -> LineInput {
        state.withLock { $0.isReading = true }
        let input = read()
        state.withLock { state in
            state.isReading = false
            for case .show(let text) in state.requests { try? device.write(text) }
            state.requests = []
        }
        return input
    }

    /// Takes the requests that wait.
    func take() -> [Request] {
        takeNotice()
        return state.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
    }

    /// Lets the next wait last until something new comes.
    func takeNotice() {
        var buffer = [UInt8](repeating: 0, count: 64)
        while ConvoPlatform.read(reading, &buffer, buffer.count) > 0 {}
    }

    /// Waits for a key, a request, or a job that wants the thread.
    ///
    /// - Parameter descriptor: where the keys come from.
    /// - Returns: whether there is something to read there.
    func wait(beside descriptor: Int32) -> Bool {
        var watched = [descriptor, reading].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return poll(&watched, 2, -1) > 0 && watched[0].revents != 0
    }
}
