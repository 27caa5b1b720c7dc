import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import ConvoServer

@Suite struct `A handler of ready responses` {
    private let channel = EmbeddedChannel()

    /// Its reads are answered with their targets, those of `/slow` are not ready.
    init() throws {
        let handler = ReadyHandler { read in
            read.target == "/slow" ? nil : ReadyResponse(headers: [("A", "b")], body: ByteBuffer(string: read.target))
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/none")).wait()
    }

    private func ask(
        _ target: String, _ method: HTTPMethod = .GET, version: HTTPVersion = .http1_1,
        fields: [(String, String)] = []
    ) throws {
        let headers = HTTPHeaders([("Host", "127.0.0.1"), ("Authorization", "Bearer x")] + fields)
        let head = HTTPRequestHead(version: version, method: method, uri: target, headers: headers)
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    /// Ends the response to the first request that has passed on.
    private func respond() throws {
        try channel.writeOutbound(HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .accepted)))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    /// What was sent since this was last asked: a ready response's body, or the status of another one.
    private func sent() throws -> [String] {
        var found: [String] = []
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            switch part {
            case .head(let head) where head.status == .ok:
                #expect(head.headers["A"] == ["b"])
                #expect(head.headers["Content-Length"].count == 1)
            case .head(let head): found.append(String(head.status.code))
            case .body(.byteBuffer(let body)): found.append(String(buffer: body))
            case .body, .end: break
            }
        }
        return found
    }

    /// The targets of the requests that have passed on since this was last asked.
    private func passed() throws -> [String] {
        var found: [String] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .head(let head) = part { found.append(head.uri) }
        }
        return found
    }

    @Test func `answers what is ready, and passes on what is not`() throws {
        try ask("/one")
        try ask("/slow")
        #expect(try sent() == ["/one"] && passed() == ["/slow"])
    }

    @Test func `answers nothing out of turn`() throws {
        try ask("/slow")
        try ask("/behind")
        #expect(try sent() == [] && passed() == ["/slow", "/behind"])
        try respond()
        try ask("/still behind")
        #expect(try sent() == ["202"] && passed() == ["/still behind"])
        try respond()
        try respond()
        try ask("/next")
        #expect(try sent() == ["202", "202", "/next"] && passed() == [])
    }

    @Test(arguments: [
        ("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Idempotency-Key", "one"), ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"), ("Expect", "100-continue"), ("Upgrade", "h2c"), ("Connection", "close"),
        ("host", "evil.test"), ("AUTHORIZATION", "Bearer y"),
    ])
    func `passes on a read with a field that somebody has to look at`(_ field: (String, String)) throws {
        try ask("/one", fields: [field])
        #expect(try sent() == [] && passed() == ["/one"])
    }

    @Test func `passes on what is no read of HTTP 1.1`() throws {
        for method in [HTTPMethod.HEAD, .POST, .DELETE] {
            try ask("/one", method)
            try respond()
        }
        try ask("/one", version: .http1_0)
        #expect(try sent() == ["202", "202", "202"] && passed().count == 4)
    }

    @Test func `answers beside fields that change nothing`() throws {
        try ask("/one", fields: [("Accept", "*/*"), ("Connection", "Keep-Alive"), ("Origin", "http://127.0.0.1")])
        #expect(try sent() == ["/one"])
    }

    @Test func `answers nothing behind a request after which the connection is closed`() throws {
        try ask("/one", fields: [("Connection", "close")])
        try respond()
        try ask("/two")
        #expect(try sent() == ["202"] && passed() == ["/one", "/two"])
    }

    @Test func `leaves a client that does not read to what waits for it`() throws {
        channel.isWritable = false
        try ask("/one")
        #expect(try sent() == [] && passed() == ["/one"])
    }
}

@Suite struct `The time of a request` {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private var limits: LocalServerLimits = {
        var limits = LocalServerLimits()
        (limits.headTime, limits.requestTime, limits.idle) = (.seconds(15), .seconds(60), .seconds(60))
        limits.bytesPerSecond = 100
        return limits
    }()

    /// Seconds from the start until the deadline; `nil` if there is none.
    private func seconds(_ time: RequestTime) -> Int64? {
        time.deadline.map { ($0 - Self.start).nanoseconds / 1_000_000_000 }
    }

    private func after(_ seconds: Int64) -> NIODeadline { Self.start + .seconds(seconds) }

    @Test func `is bounded on a connection that says nothing`() {
        #expect(seconds(RequestTime(limits, at: Self.start)) == 60)
    }

    @Test func `ends for a head that trickles in, however late its last byte`() {
        var time = RequestTime(limits, at: Self.start)
        for second in 10..<20 { time.came(1, at: after(Int64(second))) }
        #expect(seconds(time) == 25)
    }

    @Test func `grows with the bytes of a body, and ends where no byte comes`() {
        var time = RequestTime(limits, at: Self.start)
        time.came(100, at: after(0))
        time.headCame()
        #expect(seconds(time) == 60)
        time.came(900, at: after(50))
        #expect(seconds(time) == 70)
        time.came(99_000, at: after(60))
        #expect(seconds(time) == 120)
    }

    @Test func `does not run while the client waits for a response, and begins anew after it`() {
        var time = RequestTime(limits, at: Self.start)
        for _ in 0..<2 {
            time.came(10, at: after(0))
            time.headCame()
            time.requestEnded()
        }
        #expect(seconds(time) == nil)
        time.responseEnded(at: after(500))
        #expect(seconds(time) == nil)
        time.responseEnded(at: after(600))
        #expect(seconds(time) == 660)
        time.came(10, at: after(610))
        #expect(seconds(time) == 625)
    }
}
