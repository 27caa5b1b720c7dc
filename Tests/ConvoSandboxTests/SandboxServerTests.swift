import ConvoJSON
import ConvoModel
import ConvoSandbox
import HTTPTypes
import HummingbirdTesting
import MistralEmulator
import NIOCore
import Testing

@Suite struct `A sandbox server` {
    private func ask(
        _ server: SandboxServer, _ method: TestClient.Request, _ check: (TestClient.Response) throws -> Void = { _ in }
    ) async throws {
        let response = try await TestClient.withClient(host: "127.0.0.1", port: server.port) {
            try await $0.execute(method)
        }
        try check(response)
    }

    /// Connects, and sends the start of a conversation without waiting for its answer.
    private func begin(_ server: SandboxServer, _ body: String) async throws -> TestClient {
        let client = TestClient(host: "127.0.0.1", port: server.port)
        client.connect()
        try await client.executeAndDontWaitForResponse(
            .init("/v1/conversations", method: .post, body: ByteBuffer(string: body)))
        return client
    }

    @Test func `answers on a port of its own until it is stopped`() async throws {
        let server = try await SandboxServer.start()
        try await ask(server, .init("/v1/conversations", method: .get)) { #expect($0.status == .ok) }
        await server.stop()
        await #expect(throws: (any Error).self) {
            try await ask(server, .init("/v1/conversations", method: .get))
        }
    }

    @Test func `stops though a stream is open and a connection idle`() async throws {
        let server = try await SandboxServer.start()
        let idle = TestClient(host: "127.0.0.1", port: server.port)
        idle.connect()
        _ = try await idle.get("/v1/conversations")
        let busy = try await begin(server, #"{"model":"m","inputs":"sandbox:slow=60000","stream":true}"#)
        while await server.sandbox.busyConversations.isEmpty { await Task.yield() }
        await server.stop()
        try await idle.shutdown()
        try await busy.shutdown()
        #expect(await server.sandbox.busyConversations.isEmpty)
    }

    @Test func `tells what was asked of it, and takes switches and conversations while it runs`() async throws {
        let server = try await SandboxServer.start()
        try await ask(server, .init("/v1/conversations", method: .get))
        try await ask(server, .init("/sandbox/requests", method: .get)) {
            let log = try JSONText(String(buffer: $0.body ?? ByteBuffer()))
            #expect(log["counts"]?["list"]?.int == 1)
        }
        let turn = ByteBuffer(string: #"{"html":"1","slow-ms":5}"#)
        try await ask(server, .init("/sandbox/switches", method: .post, body: turn)) { #expect($0.status == .ok) }
        #expect(await server.sandbox.switches.slowMilliseconds == 5)
        let wrong = ByteBuffer(string: #"{"slow-ms":6,"nope":"1"}"#)
        try await ask(server, .init("/sandbox/switches", method: .post, body: wrong)) {
            #expect($0.status == .badRequest)
        }
        #expect(await server.sandbox.switches.slowMilliseconds == 5)
        let records = ByteBuffer(
            string:
                #"[{"conversation":{"id":"c","created_at":"2025-06-16T09:19:08Z","updated_at":"2025-06-16T09:19:08Z"},"entries":[]}]"#
        )
        try await ask(server, .init("/sandbox/conversations", method: .post, body: records)) {
            #expect($0.status == .ok)
        }
        #expect(await server.sandbox.records.elements.count == 1)
        await server.stop()
    }

    @Test func `goes on with a request whose client hangs up, and keeps its answer`() async throws {
        let server = try await SandboxServer.start()
        try await server.sandbox.turn { try $0.set("answer-ms", to: "50") }
        let client = try await begin(server, #"{"model":"m","inputs":"are you there"}"#)
        while await server.sandbox.log.count(of: .start) == 0 { await Task.yield() }
        try await client.shutdown()
        await server.sandbox.settle()
        #expect(await server.sandbox.records.elements.count == 1)
        await server.stop()
    }

    @Test func `notices a client that hangs up before its stream has said anything`() async throws {
        let server = try await SandboxServer.start()
        await server.sandbox.turn { $0.cutStreamOutput = .dropped }
        let client = try await begin(server, #"{"model":"m","inputs":"sandbox:slow=5000","stream":true}"#)
        while await server.sandbox.log.count(of: .startStream) == 0 { await Task.yield() }
        try await client.shutdown()
        await server.sandbox.settle()
        #expect(await server.sandbox.records == .array([]))
        await server.stop()
    }
}
