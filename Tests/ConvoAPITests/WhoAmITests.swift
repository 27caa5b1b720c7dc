import ConvoAPI
import ConvoHTTP
import ConvoModel
import Expectations
import Testing

@Suite struct `Whose key it is` {
    private static let user =
        #"{"id":"u1","email":"a@example.org","first_name":"A","last_name":"B","workspace":{"id":"w1","name":"Main"},"organization":null,"api_key":{"id":"k","name":"n"}}"#
    private static let principal =
        #"{"principal":{"principal_type":"service_account","id":"s1","name":"robot"},"organization":{"id":"o1","name":"Org"},"workspace":{"id":"w1","name":"Main"}}"#

    @Test func `is told by users/me`() async throws {
        let transport = FakeTransport(200, Self.user)
        let account = try await api(transport).whoAmI()
        #expect(
            account
                == Account(
                    user: .init(id: "u1", name: "a@example.org"), workspace: .init(id: "w1", name: "Main")))
        #expect(transport.requests.map(\.url.path) == ["/v1/users/me"])
        // The API's description names one of these header fields, reports of its use name the other.
        #expect(transport.requests[0].headers["authorization"] == "Bearer secret-key")
        #expect(transport.requests[0].headers["x-api-key"] == "secret-key")
    }

    @Test(arguments: [
        FakeTransport.Reply.answer(404, #"{"detail":"Not Found"}"#), .answer(403, #"{"detail":"Forbidden"}"#),
        .answer(200, "<p>", headers: ["Content-Type": "text/html"]), .answer(200, "{}"), .answer(200, "[]"),
        .answer(404, #"{"message":"no Route matched with those values"}"#), .answer(405, #"{"detail":"x"}"#),
        .answer(200, #"{"id":7}"#), .answer(401, #"{"detail":"Unauthorized"}"#),
    ])
    func `is asked of whoami where users/me does not tell`(_ untold: FakeTransport.Reply) async throws {
        let transport = FakeTransport([untold, .answer(200, Self.principal)])
        let account = try await api(transport).whoAmI()
        #expect(account.user == .init(id: "s1", name: "robot"))
        #expect(account.organization == .init(id: "o1", name: "Org"))
        #expect(transport.requests.map(\.url.path) == ["/v1/users/me", "/v1/whoami"])

        let client = try api(FakeTransport([untold]))
        let error = try await error { () throws(APIError) in try await client.whoAmI() }
        #expect(error.isUntold)
    }

    @Test(arguments: [
        FakeTransport.Reply.answer(429), .answer(500), .answer(503),
        .lost(.notConnected, reached: false), .lost(.stalled, reached: true),
    ])
    func `stays unknown while the server does not answer`(
        _ answer: FakeTransport.Reply
    ) async throws {
        let transport = FakeTransport([answer])
        let client = try api(transport)
        let error = try await error { () throws(APIError) in try await client.whoAmI() }
        #expect(!error.isUntold)
        #expect(transport.requests.count == 1)
    }
}
