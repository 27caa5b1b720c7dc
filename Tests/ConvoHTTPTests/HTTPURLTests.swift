import ConvoHTTP
import Testing

@Suite struct `A URL` {
    @Test(arguments: [
        "", "api.mistral.ai", "ftp://host/", "file:///etc/passwd", "http://", "https://user:pass@host/",
        "http://user@host/", "http://ho st/", "http://host/a b", "http://host/\r\nX: y", "http://host:99999/",
        "javascript:alert(1)",
    ])
    func `is refused:`(_ text: String) { #expect(HTTPURL(text) == nil) }

    @Test func `has its parts`() throws {
        let plain = try url("HTTPS://Api.Mistral.AI/base/?q=1#fragment")
        #expect(plain.scheme == "https")
        #expect(plain.host == "api.mistral.ai")
        #expect(plain.port == 443)
        #expect(plain.text == "https://api.mistral.ai/base/?q=1")
        #expect(plain.withoutQuery == "https://api.mistral.ai/base/")
        #expect(try url("http://[::1]:8080").text == "http://[::1]:8080/")
    }

    @Test func `grows by segments that stay one segment each`() throws {
        let base = try url("http://localhost:1234/proxy/")
        let grown = base.appending(segments: ["v1", "a/b?c#d%20 é"], query: [("metadata", #"{"a":"b"}"#)])
        #expect(
            grown.text == "http://localhost:1234/proxy/v1/a%2Fb%3Fc%23d%2520%20%C3%A9?metadata=%7B%22a%22%3A%22b%22%7D")
        #expect(HTTPURL(grown.text) == grown)
    }

    @Test func `knows whether it is this machine`() throws {
        for text in ["http://localhost", "http://127.0.0.1", "http://127.9.9.9:1", "http://[::1]"] {
            #expect(try url(text).isLoopback)
        }
        for text in [
            "http://127.0.0.1.example.com", "http://localhost.example.com", "http://10.0.0.1", "http://128.0.0.1",
        ] {
            #expect(try !url(text).isLoopback)
        }
    }
}

@Suite struct `What is printed` {
    @Test func `of a request shows no header's value`() throws {
        let request = HTTPRequest(.get, try url("http://host/"), headers: ["Authorization": "Bearer hidden"])
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!dumped.contains("hidden"))
        #expect(!"\(request)".contains("hidden"))
        #expect(!String(reflecting: request).contains("hidden"))
    }
}
