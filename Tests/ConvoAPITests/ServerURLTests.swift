import ConvoAPI
import Testing

@Suite struct `A server's URL` {
    @Test(arguments: [
        ("https://api.mistral.ai", "https://api.mistral.ai"), ("HTTPS://API.Mistral.AI/", "https://api.mistral.ai"),
        ("http://[::1]:8080", "http://[::1]:8080"), ("https://host/a/b//", "https://host/a/b"),
        ("http://10.0.0.1:65535", "http://10.0.0.1:65535"),
    ])
    func `is read`(text: String, expected: String) throws {
        #expect(try ServerURL(text).description == expected)
    }

    @Test(arguments: [
        "", "api.mistral.ai", "ftp://host", "https://", "https:///path", "https://host:0", "https://host:65536",
        "https://host:+1", "https://host:", "https://user:pw@host", "https://host?q=1", "https://host#f",
        "https://ho st", "https://h\u{F6}st", "https://host\n", "https://[::1", "https://[]", "https://a\"b",
    ])
    func `is refused`(text: String) {
        #expect(throws: ServerURL.Rejection.self) { try ServerURL(text) }
    }

    @Test(arguments: [
        ("http://localhost", true), ("http://LOCALHOST:1", true), ("http://127.0.0.1", true),
        ("http://127.255.0.1:9", true), ("http://[::1]:9", true), ("http://127.0.0.1.example.org", false),
        ("http://127.0.0", false), ("http://localhost.example.org", false), ("http://10.0.0.1", false),
        ("http://127.0.0.256", false),
    ])
    func `knows what stays on this machine`(text: String, expected: Bool) throws {
        #expect(try ServerURL(text).isLoopback == expected)
    }
}
