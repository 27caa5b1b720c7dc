internal import CCurl
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The thread that owns libcurl's multi handle, and the inbox through which the others talk to it.
///
/// The thread starts with the first request, and ends with ``close()``.
final class CurlDriver: Sendable {
    enum Command: Sendable {
        case start(Ticket, HTTPRequest, PendingResponse, isStream: Bool)
        case resume(Ticket)
        case cancel(Ticket)
    }

    /// The name of one transfer.
    struct Ticket: Hashable, Sendable { fileprivate let number: UInt64 }

    private enum Phase {
        case asleep
        case running(CurlMulti, pthread_t)
        case closed
    }

    private struct Inbox {
        var phase = Phase.asleep
        var commands: [Command] = []
        var lastTicket: UInt64 = 0
    }

    private let inbox = Mutex(Inbox())
    private let options: CurlOptions

    init(options: CurlOptions) { self.options = options }

    /// Hands a request to the thread. Its end, whatever it is, arrives in the exchange.
    func start(_ request: HTTPRequest, _ exchange: PendingResponse, isStream: Bool) -> Ticket {
        let (ticket, isAccepted) = inbox.withLock { inbox in
            inbox.lastTicket += 1
            let ticket = Ticket(number: inbox.lastTicket)
            let isAwake = wakeUp(&inbox)
            if isAwake { push(.start(ticket, request, exchange, isStream: isStream), to: &inbox) }
            return (ticket, isAwake)
        }
        if !isAccepted { exchange.finish(.failure(.transportClosed(mayHaveReachedServer: false))) }
        return ticket
    }

    /// Lets a stream that waited for its reader go on.
    func resume(_ ticket: Ticket) { inbox.withLock { push(.resume(ticket), to: &$0) } }

    /// Ends a transfer and frees its connection. Without effect after its end.
    func cancel(_ ticket: Ticket) { inbox.withLock { push(.cancel(ticket), to: &$0) } }

    /// Ends all transfers and the thread; returns when it is gone.
    func close() {
        let thread: pthread_t? = inbox.withLock { inbox in
            defer { inbox.phase = .closed }
            guard case .running(let multi, let thread) = inbox.phase else { return nil }
            convo_multi_wakeup(multi.pointer)
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    private func push(_ command: Command, to inbox: inout Inbox) {
        guard case .running(let multi, _) = inbox.phase else { return }
        inbox.commands.append(command)
        convo_multi_wakeup(multi.pointer)
    }

    /// - Returns: whether there is a thread to talk to.
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

    private func startThread(_ multi: CurlMulti) -> pthread_t? {
        let loop = Unmanaged.passRetained(CurlLoop(multi: multi.pointer, options: options, driver: self))
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let code = pthread_create(
            &thread, nil,
            { context in
                let context: UnsafeMutableRawPointer? = context
                if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, loop.toOpaque())
        guard code == 0 else {
            loop.release()
            return nil
        }
        return thread
    }

    /// For the thread: what came in, and whether to go on.
    func take() -> (commands: [Command], isClosed: Bool) {
        inbox.withLock { inbox in
            defer { inbox.commands = [] }
            if case .closed = inbox.phase { return (inbox.commands, true) }
            return (inbox.commands, false)
        }
    }
}

/// libcurl, loaded by whoever first needs it: a program that asks no server runs without it, and starts faster.
public enum CurlLibrary {
    /// Why there is none; `nil` where it is loaded and ready. The first caller loads it, for the whole process.
    public static let failure: String? = {
        if let reason = convo_curl_load() { return "libcurl can't be loaded: \(String(cString: reason))" }
        return convo_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK ? nil : "libcurl can't be started"
    }()

    static var isReady: Bool { failure == nil }
}
