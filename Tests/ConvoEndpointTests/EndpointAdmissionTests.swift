import ConvoHTTP
import Testing

@testable import ConvoEndpoint

@Suite struct `The endpoint admits` {
    private static let rules = EndpointAdmission(token: "right")

    private static func decision(
        _ method: String = "GET", _ target: String = "/v1/conversations", token: String? = "right",
        host: String? = "127.0.0.1:7733", origin: String? = nil
    ) -> EndpointAdmission.Decision {
        rules.decision(
            on: EndpointAdmission.Head(method: method, target: target, token: token, host: host, origin: origin))
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.1:1", "localhost:7733", "LOCALHOST", "[::1]:7733", "[::1]"])
    func `a program that names this machine and has the token`(_ host: String) {
        #expect(Self.decision(host: host) == .admitted)
        #expect(Self.decision(host: host, origin: "http://\(host)") == .admitted)
    }

    @Test(arguments: [
        nil, "", "evil.test", "127.0.0.1.evil.test", "localhost.evil.test:7733", "127.0.0.1:7733.evil", "127.0.0.1:x",
        "127.0.0.2", "api.mistral.ai", "[::1", "::1", "127.0.0.1:7733, evil.test",
    ]) func `no request to another name, whatever it resolves to`(_ host: String?) {
        #expect(Self.decision(host: host) == .foreign)
        #expect(Self.decision(token: nil, host: host) == .foreign)
    }

    @Test(arguments: [
        "null", "", "https://127.0.0.1:7733", "http://127.0.0.1", "http://localhost:3000", "http://evil.test",
        "file://",
    ]) func `no web page but the endpoint's own`(_ origin: String) {
        #expect(Self.decision(origin: origin) == .foreign)
    }

    @Test(arguments: [nil, "", "righ", "right ", "rights", "wrong", "RIGHT"]) func `no other token`(_ token: String?) {
        #expect(Self.decision(token: token) == .unauthorized)
    }

    @Test func `nobody where there is no token`() {
        for rules in [EndpointAdmission(token: nil), EndpointAdmission(token: "")] {
            let head = EndpointAdmission.Head(method: "GET", target: "/", token: "", host: "localhost")
            #expect(rules.decision(on: head) == .unauthorized)
        }
    }

    @Test(arguments: [
        ("CONNECT", "/"), ("TRACE", "/"), ("get", "/"), ("GET", "*"), ("GET", "http://127.0.0.1/v1"), ("GET", ""),
        ("GET", "/v1/a b"), ("GET", "/v1/\u{E9}"),
    ]) func `no method and no target that the API does not have`(_ method: String, _ target: String) {
        #expect(Self.decision(method, target) == .malformed)
    }
}

@Suite struct `Header fields pass` {
    @Test func `but for those of one connection and those of the client's own`() {
        let passed = PassedHeaders.request([
            ("Accept", "*/*"), ("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("TE", "trailers"),
            ("Authorization", "Bearer token"), ("X-API-Key", "token"), ("Host", "localhost"), ("Cookie", "a=b"),
            ("Transfer-Encoding", "chunked"), ("Proxy-Authorization", "x"), ("Expect", "100-continue"),
        ])
        #expect(passed.fields.map(\.name) == ["Accept", "Cookie"])
    }

    @Test func `back as often as they were sent`() {
        let passed = PassedHeaders.response([
            ("Set-Cookie", "a"), ("Set-Cookie", "b"), ("Keep-Alive", "x"), ("ETag", "c"),
        ])
        #expect(passed.fields.map(\.value) == ["a", "b", "c"])
    }
}
