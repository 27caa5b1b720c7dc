internal import CCurl
internal import ConvoPlatform
internal import Synchronization

/// Owns the thread that runs libcurl's multi handle, and the inbox through which other threads command it.
///
/// The thread starts with the first request, and ends with ``close()``.
final class CurlDriver: Sendable {
    /// A command to the thread.
    enum Command: Sendable {
        /// Begin a transfer, and report to the pending response.
        case start(Ticket, HTTPRequest, PendingResponse, isStream: Bool)
        /// Go on with a transfer that was paused because its reader was behind.
        case resume(Ticket)
        /// End a transfer.
        case cancel(Ticket)
    }

    /// Identifies one transfer of this driver.
    struct Ticket: Hashable, Sendable { fileprivate let number: UInt64 }

    /// The states of the thread.
    private enum Phase {
        /// The thread has not been started.
        case asleep
        /// The thread runs; the multi handle is valid.
        case running(CurlMulti, SystemThread)
        /// The thread has ended or is about to; it is never started again.
        case closed
    }

    private struct Inbox {
        var phase = Phase.asleep
        var commands: [Command] = []
        var lastTicket: UInt64 = 0
        /// Whether the thread sleeps, or is about to: a command has to wake it. Otherwise it looks into the inbox before it
        /// sleeps.
        var isThreadAsleep = false
    }

    private let inbox = Mutex(Inbox())
    private let options: CurlOptions

    init(options: CurlOptions) { self.options = options }

    /// Hands a request to the thread, which reports the response and its end to `exchange`.
    ///
    /// Where no thread can run, `exchange` ends at once with ``HTTPError/Kind/transportClosed``.
    ///
    /// - Parameters:
    ///   - request: checked by the caller.
    ///   - exchange: where the response arrives.
    ///   - isStream: whether the body is read as it comes, and so must not be compressed.
    /// - Returns: the ticket for further commands.
    func start(_ request: HTTPRequest, _ exchange: PendingResponse, isStream: Bool) -> Ticket {
        let (ticket, isAccepted) = inbox.withLock { inbox in
            inbox.lastTicket += 1
            let ticket = Ticket(number: inbox.lastTicket)
            let isAwake = wakeUp(&inbox)
            if isAwake {
                request.upload?.whenReady { [weak self] in self?.resume(ticket) }
                push(.start(ticket, request, exchange, isStream: isStream), to: &inbox)
            }
            return (ticket, isAwake)
        }
        if !isAccepted {
            request.upload?.abandon()
            exchange.finish(.failure(.transportClosed(mayHaveReachedServer: false)))
        }
        return ticket
    }

    /// Lets a stream go on that was paused because its reader was behind; has no effect after the transfer's end.
    func resume(_ ticket: Ticket) { inbox.withLock { push(.resume(ticket), to: &$0) } }

    /// Ends a transfer and frees its connection; has no effect after the transfer's end.
    func cancel(_ ticket: Ticket) { inbox.withLock { push(.cancel(ticket), to: &$0) } }

    /// Ends all transfers and the thread.
    ///
    /// Blocks until the thread is gone. A second call returns at once, also while the first one still waits.
    func close() {
        let thread: SystemThread? = inbox.withLock { inbox in
            defer { inbox.phase = .closed }
            guard case .running(let multi, let thread) = inbox.phase else { return nil }
            convo_multi_wakeup(multi.pointer)
            return thread
        }
        thread?.join()
    }

    private func push(_ command: Command, to inbox: inout Inbox) {
        guard case .running(let multi, _) = inbox.phase else { return }
        inbox.commands.append(command)
        guard inbox.isThreadAsleep else { return }
        inbox.isThreadAsleep = false
        convo_multi_wakeup(multi.pointer)
    }

    /// Starts the thread, unless it runs already or has been closed.
    ///
    /// - Returns: whether the thread runs.
    private func wakeUp(_ inbox: inout Inbox) -> Bool {
        switch inbox.phase {
        case .running: return true
        case .closed: return false
        case .asleep:
            guard let multi = CurlMulti() else { return false }
            guard let thread = startThread(multi) else {
                convo_multi_cleanup(multi.pointer)
                return false
            }
            inbox.phase = .running(multi, thread)
            return true
        }
    }

    private func startThread(_ multi: CurlMulti) -> SystemThread? {
        SystemThread { [self] in CurlLoop(multi: multi.pointer, options: options, driver: self).run() }
    }

    /// Takes note, for the thread, that it is about to sleep.
    ///
    /// - Returns: `false` if there is something in the inbox, so that it must not sleep.
    func isEmptyBeforeSleep() -> Bool {
        inbox.withLock { inbox in
            if case .closed = inbox.phase { return false }
            inbox.isThreadAsleep = inbox.commands.isEmpty
            return inbox.isThreadAsleep
        }
    }

    /// Empties the inbox, for the thread.
    ///
    /// - Returns: the commands since the last call, and whether the thread has to end.
    func take() -> (commands: [Command], isClosed: Bool) {
        inbox.withLock { inbox in
            defer {
                inbox.commands = []
                inbox.isThreadAsleep = false
            }
            if case .closed = inbox.phase { return (inbox.commands, true) }
            return (inbox.commands, false)
        }
    }
}

/// The loading of libcurl, which waits until something needs it.
///
/// A program that makes no request runs without libcurl, and starts faster.
package enum CurlLibrary {
    /// The reason why libcurl cannot be used, in one clause; `nil` where it is loaded and ready.
    ///
    /// The first access loads libcurl for the whole process, which blocks for file I/O.
    package static let failure: String? = {
        if let reason = load() { return "libcurl can't be loaded: \(reason)" }
        return convo_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK ? nil : "libcurl can't be started"
    }()

    /// Loads libcurl by the first of its names that leads to it.
    ///
    /// - Returns: where none does, the reason for the likeliest.
    private static func load() -> String? {
        var likeliest: String?
        for name in LibraryNames.curl {
            guard let reason = convo_curl_load(name) else { return nil }
            likeliest = likeliest ?? String(cString: reason)
        }
        return likeliest ?? "it has no name here"
    }

    /// Whether libcurl is loaded and ready; the first access loads it.
    static var isReady: Bool { failure == nil }
}
