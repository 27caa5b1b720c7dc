import ConvoIPC
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoSync
import Foundation
import TestFolders
import Testing

@testable import convod

@Suite struct `The metrics` {
    private static func metrics(_ facts: MonitoringFacts, _ counters: DaemonCounters = DaemonCounters()) -> String {
        Metrics(
            facts: facts, counters: counters, requests: 7, startedAt: Timestamp(microseconds: 1_000_000),
            lastProgressAt: nil, isStuck: false, databaseBytes: 4096, logBytes: 0
        ).text
    }

    @Test func `tell times, and nothing where there is no time`() {
        let text = Self.metrics(
            MonitoringFacts(
                conversations: 3, open: [.queued: 2, .held: 1],
                oldestWaitingAt: Timestamp(microseconds: 1_800_000_000_042_000),
                lastPullAt: nil, lastSweepAt: nil))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains("convo_oldest_waiting_write_timestamp_seconds 1800000000.042"))
        #expect(lines.contains(#"convo_outbox_writes{state="queued"} 2"#))
        #expect(lines.contains(#"convo_outbox_writes{state="held"} 1"#))
        #expect(lines.contains(#"convo_outbox_writes{state="refused"} 0"#))
        #expect(lines.contains("convo_requests_total 7"))
        #expect(!text.contains("convo_last_pull_timestamp_seconds"))
        // Each sample follows the type of its family.
        for line in lines where !line.hasPrefix("#") {
            let name = line.prefix { $0 != " " && $0 != "{" }
            #expect(lines.contains { $0.hasPrefix("# TYPE \(name) ") })
        }
    }

    @Test func `count what the engine tells`() {
        var counters = DaemonCounters()
        counters.note(.pulled(.full, PullReport()))
        counters.note(.storeFailed(.busy(path: "x")))
        #expect(counters.pulls == 1 && counters.failures == [.store: 1])
    }

    @Test(arguments: [
        ("GET /metrics HTTP/1.1\r\n\r\n", "200 OK"), ("GET /metrics?x=1 HTTP/1.0\n\n", "200 OK"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"), ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
        ("GET /metrics HTTP/1.1\r\nHost: localhost:9\r\n\r\n", "200 OK"),
        ("GET /metrics HTTP/1.1\r\nhost:[::1]:9464\r\n\r\n", "200 OK"),
        ("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403 Forbidden"),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost.evil.example\r\n\r\n", "403 Forbidden"),
        ("GET /metrics\r\n\r\n", "400 Bad Request"), ("\u{0}\r\n\r\n", "400 Bad Request"),
    ])
    func `are told to whoever asks for them`(head: String, status: String) {
        #expect(MetricsAnswer(toHead: head) { "x 1\n" }.status == status)
    }

    @Test func `are told to be missing while the database can't be read, and have no body for HEAD`() {
        #expect(MetricsAnswer(toHead: "GET /metrics HTTP/1.1\r\n\r\n") { nil }.status == "503 Service Unavailable")
        let answer = String(MetricsAnswer(toHead: "HEAD /metrics HTTP/1.1\r\n\r\n") { "x 1\n" }.bytes)
        #expect(answer.contains("Content-Length: 4\r\n") && answer.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [
        "unix:relative", "unix:", "0.0.0.0:9000", "localhost:9000", "127.0.0.1:0", "127.0.0.1:99999", "9000",
    ])
    func `are told at no place that others reach`(text: String) {
        #expect(LocalAddress(text) == nil)
    }

    @Test func `are told on a socket for this user alone, which replaces one that a killed process left`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("metrics")
        let endpoint = try #require(LocalAddress("unix:\(path)"))
        // As a process leaves it that is killed. It never listens: a child that another test forks at this moment holds it as well.
        let left = SystemSocket.make(AF_UNIX, .stream)
        #expect(withAddress(path) { bind(left, $0, $1) } == 0)
        close(left)
        let server = try MetricsServer(endpoint)
        #expect(throws: LocalAddress.Failure(code: EADDRINUSE)) { try MetricsServer(endpoint) }
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(server.start { "x 1\n" })
        #expect(ask(path, "GET /metrics HTTP/1.1\r\n\r\n").hasSuffix("\r\n\r\nx 1\n"))
        // One that sends no head ends by itself, and the next one is answered.
        #expect(ask(path, String(repeating: "x", count: 5000)).isEmpty)
        #expect(ask(path, "GET /metrics HTTP/1.1\r\n\r\n").hasSuffix("x 1\n"))
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `replace no file that is not a socket`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("notes", "mine")
        let endpoint = try #require(LocalAddress("unix:\(path)"))
        #expect(throws: LocalAddress.Failure(code: EEXIST)) { try endpoint.listen() }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    private func withAddress(_ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Sends a text to a socket, and reads what comes until it is closed.
    private func ask(_ path: String, _ text: String) -> String {
        let descriptor = SystemSocket.make(AF_UNIX, .stream)
        defer { close(descriptor) }
        guard withAddress(path, { connect(descriptor, $0, $1) }) == 0 else { return "not connected" }
        _ = send(descriptor, Array(text.utf8), text.utf8.count, SystemSocket.withoutSignal)
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { answer += buffer.prefix(count) }
        return String(decoding: answer, as: UTF8.self)
    }
}
