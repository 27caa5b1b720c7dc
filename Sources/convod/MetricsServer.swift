import ConvoIPC
import ConvoPlatform

/// Answers `GET /metrics` over HTTP/1.1, one connection after the other, on a thread of its own.
///
/// It is no web server: it reads a head of bounded length within bounded time, answers, and closes. So a client that sends
/// nothing holds up the next one for ``patience`` at most, and the engine never.
struct MetricsServer {
    /// The longest head in bytes; what comes behind it is not read.
    static let headLimit = 4096
    /// How long a client may take to send its head, or to take the answer, in seconds.
    static let patience = 2

    private let endpoint: LocalAddress
    private let descriptor: Int32

    /// Takes the place; answers nobody yet.
    ///
    /// - Throws: ``LocalAddress/Failure`` if it is taken or can't be used.
    init(_ endpoint: LocalAddress) throws(LocalAddress.Failure) {
        self.endpoint = endpoint
        descriptor = try endpoint.listen()
    }

    /// Starts the thread, which lives as long as the process.
    ///
    /// - Parameter text: makes the metrics; `nil` if they can't be read now.
    /// - Returns: whether there is a thread for it.
    func start(_ text: @escaping @Sendable () -> String?) -> Bool {
        let descriptor = descriptor
        let thread = SystemThread {
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    // Too many open files, or a client that was gone before it was accepted: neither is for ever.
                    Monotonic.sleep(.milliseconds(100))
                    continue
                }
                MetricsServer.serve(client, text)
                close(client)
            }
        }
        thread?.detach()
        return thread != nil
    }

    /// Gives the place back: a socket's file is removed.
    func stop() {
        if case .socket(let path) = endpoint { unlink(path) }
    }

    private static func serve(_ client: Int32, _ text: () -> String?) {
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(client, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard let head = readHead(client) else { return }
        send(Array(MetricsAnswer(toHead: head, text).bytes), to: client)
    }

    /// Reads a head up to its empty line; `nil` if none comes in time, or it is too long.
    private static func readHead(_ client: Int32) -> String? {
        let deadline = Monotonic.microseconds + Int64(patience) * 1_000_000
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while head.count < headLimit, Monotonic.microseconds < deadline {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            head += buffer.prefix(count)
            let text = String(decoding: head, as: UTF8.self)
            if text.contains("\r\n\r\n") || text.contains("\n\n") { return text }
        }
        return nil
    }

    private static func send(_ bytes: [UInt8], to client: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                ConvoPlatform.send(client, $0.baseAddress, $0.count, SystemSocket.withoutSignal)
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}

/// The answer to one request for the metrics.
struct MetricsAnswer: Equatable {
    let status: String
    let body: String
    var isHead = false

    /// Decides the answer.
    ///
    /// - Parameters:
    ///   - head: the request's head, of which the first line and the host are read.
    ///   - text: makes the metrics; `nil` if they can't be read now.
    init(toHead head: String, _ text: () -> String?) {
        let words = head.prefix { !$0.isNewline }.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            (status, body) = ("400 Bad Request", "This is no request of HTTP/1.\n")
            return
        }
        guard words[0] == "GET" || words[0] == "HEAD" else {
            (status, body) = ("405 Method Not Allowed", "Only GET and HEAD are answered.\n")
            return
        }
        isHead = words[0] == "HEAD"
        // A web page that has its own name resolve to this machine (DNS rebinding) names that as the host.
        guard MetricsAnswer.hosts(in: head).allSatisfy(MetricsAnswer.isThisMachine) else {
            (status, body) = ("403 Forbidden", "Only requests to 127.0.0.1, [::1] or localhost are answered.\n")
            return
        }
        guard words[1] == "/metrics" || words[1].hasPrefix("/metrics?") else {
            (status, body) = ("404 Not Found", "The metrics are at /metrics.\n")
            return
        }
        guard let text = text() else {
            (status, body) = ("503 Service Unavailable", "The database can't be read now; see convod's log.\n")
            return
        }
        (status, body) = ("200 OK", text)
    }

    private static func hosts(in head: String) -> [Substring] {
        head.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "host" else { return nil }
            return line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        }
    }

    private static func isThisMachine(_ host: Substring) -> Bool {
        let host = host.lowercased()
        return ["127.0.0.1", "[::1]", "localhost"].contains { name in
            guard host.hasPrefix(name) else { return false }
            let port = host.dropFirst(name.count)
            return port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy(\.isNumber)
        }
    }

    /// The answer as it is sent.
    var bytes: String.UTF8View {
        let type = status.hasPrefix("200") ? "text/plain; version=0.0.4; charset=utf-8" : "text/plain; charset=utf-8"
        let head =
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n"
            + (status.hasPrefix("405") ? "Allow: GET, HEAD\r\n" : "")
        return (head + "\r\n" + (isHead ? "" : body)).utf8
    }
}
