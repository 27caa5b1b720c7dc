import ConvoPlatform
import Foundation
import Synchronization

/// A TCP server on loopback that does what a test says, byte by byte. Each connection has a thread of its own.
final class LoopbackServer: Sendable {
    let port: Int
    /// The requests that all connections have received, in the order of arrival.
    let requests = Recorder<ReceivedRequest>()
    /// One event for each connection that the peer has ended.
    let endings = Recorder<Int>()

    private let listener: Int32
    private let connections = Mutex(0)

    var connectionCount: Int { connections.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)" }

    /// `script` is called on the thread of each new connection, with its number from 0.
    init(_ script: @escaping @Sendable (LoopbackServer, Connection, Int) -> Void) throws {
        let (listener, port) = try boundSocket()
        listen(listener, 512)
        (self.listener, self.port) = (listener, port)
        Thread.detachNewThread { [listener, weak self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0, let self else { break }
                let number = self.connections.withLock { count in
                    count += 1
                    return count - 1
                }
                Thread.detachNewThread {
                    let connection = Connection(descriptor)
                    script(self, connection, number)
                    connection.close()
                }
            }
            close(listener)
        }
    }

    /// Ends the accepting thread. A connection's thread ends with its script.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// A server whose every connection answers all its requests in the same way.
    static func answering(_ answer: @escaping @Sendable (ReceivedRequest) -> String) throws -> LoopbackServer {
        try LoopbackServer { server, connection, _ in
            while let request = connection.readRequest() {
                server.requests.record(request)
                connection.write(answer(request))
            }
        }
    }

    /// A server that reads requests and never answers.
    static func silent() throws -> LoopbackServer {
        try LoopbackServer { server, connection, number in
            while let request = connection.readRequest() { server.requests.record(request) }
            server.endings.record(number)
        }
    }

    /// A server that answers with a head and some text of a body that goes on for ever.
    static func streaming(_ text: String) throws -> LoopbackServer {
        try LoopbackServer { server, connection, number in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + text)
            connection.waitForEnd()
            server.endings.record(number)
        }
    }

    static func ok(_ body: String, headers: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }
}

struct ReceivedRequest: Sendable {
    let line: String
    let head: String
    let body: [UInt8]
}

/// One accepted connection; used by its thread only.
final class Connection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isOpen = true

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// One complete request; `nil` once the peer has closed the connection.
    func readRequest() -> ReceivedRequest? {
        while true {
            if let request = takeRequest() { return request }
            guard fill() else { return nil }
        }
    }

    private func takeRequest() -> ReceivedRequest? {
        guard let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
        let lines = head.components(separatedBy: "\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
        let count = length.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        guard buffer.count >= end.upperBound + count else { return nil }
        let body = Array(buffer[end.upperBound..<end.upperBound + count])
        buffer.removeFirst(end.upperBound + count)
        return ReceivedRequest(line: lines[0], head: head, body: body)
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes all bytes.
    ///
    /// - Returns: `false` once the peer has closed the connection.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, SystemSocket.withoutSignal)
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Writes until the peer has taken nothing for a while.
    ///
    /// - Returns: the number of bytes that the peer and the sockets' buffers took.
    func writeUntilStuck(_ chunk: [UInt8], limit: Int) -> Int {
        var total = 0
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while total < limit, poll(&polled, 1, 500) > 0 {
            let size = min(chunk.count, limit - total)
            let count = chunk.withUnsafeBytes {
                send(descriptor, $0.baseAddress, size, SystemSocket.withoutSignal | Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { break }
            total += count
        }
        return total
    }

    /// Waits until the peer ends the connection.
    func waitForEnd() { while fill() {} }

    /// Ends the connection so that the peer sees a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<ConvoPlatform.linger>.size))
        close()
    }

    func close() {
        if isOpen { _ = ConvoPlatform.close(descriptor) }
        isOpen = false
    }
}

/// Things that happen on other threads, for a test to wait for.
final class Recorder<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiters: [(count: Int, goOn: @Sendable () -> Void)] = []
    }

    private let state = Mutex(State())

    var elements: [Element] { state.withLock { $0.elements } }

    func record(_ element: Element) {
        let ready = state.withLock { state in
            state.elements.append(element)
            let count = state.elements.count
            let ready = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return ready.map(\.goOn)
        }
        for goOn in ready { goOn() }
    }

    /// The elements, as soon as there are at least `count`.
    func first(_ count: Int) async -> [Element] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.elements.count >= count { return true }
                state.waiters.append((count, { continuation.resume() }))
                return false
            }
            if isThere { continuation.resume() }
        }
        return elements
    }

    /// Blocks a server's thread until there are so many elements.
    func wait(for count: Int) {
        let semaphore = DispatchSemaphore(value: 0)
        let isThere = state.withLock { state in
            if state.elements.count >= count { return true }
            state.waiters.append((count, { semaphore.signal() }))
            return false
        }
        if !isThere { semaphore.wait() }
    }
}
