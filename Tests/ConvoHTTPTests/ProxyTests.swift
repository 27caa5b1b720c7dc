import ConvoHTTP
import Expectations
import Foundation
import Testing

/// libcurl's error texts repeat a proxy's address.
///
/// The test runs in a process of its own, because all tests of a process share the environment that names the proxy.
@Suite struct `A proxy's password` {
    @Test func `is in no message, however it is written`() async {
        await #expect(processExitsWith: .success) {
            for proxy in BadProxy.all {
                for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                    setenv(variable, proxy, 1)
                    defer { unsetenv(variable) }
                    let error = try await BadProxy.failure()
                    #expect(!error.message.contains(BadProxy.secret), "\(variable)=\(proxy)")
                    #expect(!error.mayHaveReachedServer)
                    #expect(error.message.contains("convo.invalid"))
                }
            }
        }
    }
}

private enum BadProxy {
    static let secret = "hunter2"
    static let all =
        ["#", "/", "@", "?", "%", " ", ":", "\\", "[", "%40"].map { "http://bob:hunter2\($0)1@127.0.0.1:9" }
        + [
            "http://bob:hunter2@127.0.0.1:port", "http://bob:hunter2@127.0.0.1:99999", "htp://bob:hunter2@127.0.0.1:9",
            "socks5h://bob:hunter2@127.0.0.1:9", "bob:hunter2#@127.0.0.1:9", "http://bob:hunter2@[::1", "bob:hunter2",
        ]

    static func failure() async throws -> HTTPError {
        let request = HTTPRequest(
            .get, try url("https://convo.invalid/"), limits: HTTPLimits(stall: .seconds(60), total: .seconds(60)))
        return try await error { () throws(HTTPError) in try await CurlTransport().send(request) }
    }
}
