import ConvoJSON
import ConvoModel
import ConvoSandbox
import ConvoServer
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MistralEmulator
import NIOCore
import Testing

/// A client of a sandbox, and the sandbox itself, for tests that look into it.
struct Visitor: Sendable {
    let sandbox: Sandbox
    let client: any TestClientProtocol
    var key: String?

    struct Reply: Sendable {
        let status: Int
        let headers: HTTPFields
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// The body; `null` if it is not JSON.
        var json: JSONText { (try? JSONText(text)) ?? .null }
        var events: [ServerEvent] { Visitor.events(in: text) }
        /// The path of the conversation that a write's answer names.
        var path: String { Visitor.collection + "/" + (json["conversation_id"]?.string ?? "missing") }

        subscript(name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    func get(_ path: String) async throws -> Reply { try await send(.get, path, nil) }
    func delete(_ path: String) async throws -> Reply { try await send(.delete, path, nil) }
    func post(_ path: String, _ body: String) async throws -> Reply { try await send(.post, path, body) }

    func send(_ method: HTTPRequest.Method, _ path: String, _ body: String?) async throws -> Reply {
        let headers: HTTPFields = key.map { [.authorization: "Bearer \($0)"] } ?? [:]
        return try await client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { response in
            Reply(
                status: response.status.code, headers: response.headers,
                bytes: Array(response.body.readableBytesView))
        }
    }

    /// Sets switches, each as `NAME=VALUE`.
    func turn(_ assignments: String...) async throws {
        try await sandbox.turn { switches in
            for assignment in assignments { try switches.set(assignment: assignment) }
        }
    }

    /// A client of the same sandbox with another key.
    func bearing(_ key: String) -> Visitor { Visitor(sandbox: sandbox, client: client, key: key) }

    // MARK: Common requests

    static let collection = "/v1/conversations"

    /// Starts a conversation and returns its path.
    func start(_ text: String = "hello") async throws -> String {
        try await post(Visitor.collection, #"{"model": "small", "inputs": "\#(text)"}"#).path
    }

    func append(_ text: String, to path: String) async throws -> Reply {
        try await post(path, #"{"inputs": "\#(text)"}"#)
    }

    /// Begins a streamed append, reads its first event and leaves.
    func beginStream(_ text: String, to path: String) async throws {
        let id = RemoteID(String(path.split(separator: "/")[2]))
        for try await _ in try await sandbox.appendStream(.object(["inputs": .string(text)]), to: id) { break }
    }

    /// The ids of the conversations on a page of the list.
    func ids(_ query: String = "") async throws -> [String] {
        try await get(Visitor.collection + query).json.elements.compactMap { $0["id"]?.string }
    }

    func entries(of path: String) async throws -> [JSONText] {
        try await get(path + "/history").json["entries"]?.elements ?? []
    }

    /// The contents of a conversation's entries in order; for an entry without a text, its type.
    func words(of path: String) async throws -> [String] {
        try await entries(of: path).map { $0["content"]?.string ?? $0["type"]?.string ?? "" }
    }

    private static func events(in text: String) -> [ServerEvent] {
        text.split(separator: "\n\n").compactMap { block in
            let lines = block.split(separator: "\n")
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: "),
                let data = try? JSONText(String(lines[1].dropFirst("data: ".count)))
            else { return nil }
            return ServerEvent(String(lines[0].dropFirst("event: ".count)), data: data)
        }
    }
}

/// Opens a sandbox of its own for each test of a suite; ``visitor`` is its client.
struct SandboxTrait: SuiteTrait, TestTrait, TestScoping {
    @TaskLocal fileprivate static var visitor: Visitor?

    let setup: TestingSetup
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await visiting(setup) { visitor in
            try await SandboxTrait.$visitor.withValue(visitor) { try await function() }
        }
    }
}

extension Trait where Self == SandboxTrait {
    static var sandbox: SandboxTrait { SandboxTrait(setup: .router) }
    /// Over a real connection, where a client notices that it is reset.
    static var liveSandbox: SandboxTrait { SandboxTrait(setup: .live) }
}

/// The client of the running test's sandbox.
var visitor: Visitor {
    get throws { try #require(SandboxTrait.visitor) }
}

/// Opens a sandbox while `visit` runs.
func visiting<Value: Sendable>(
    _ setup: TestingSetup = .router, key: String? = nil, database: String? = nil,
    turned switches: [String] = [], _ visit: @Sendable (Visitor) async throws -> Value
) async throws -> Value {
    var turned = Switches()
    for assignment in switches { try turned.set(assignment: assignment) }
    let sandbox = try Sandbox(switches: turned, database: database)
    let server = APIServer(service: sandbox)
    let value = try await server.application().test(setup) { client in
        try await visit(Visitor(sandbox: sandbox, client: client, key: key))
    }
    await sandbox.stop()
    return value
}

extension Switches {
    static func turned(_ assignments: String...) throws -> Switches {
        var switches = Switches()
        for assignment in assignments { try switches.set(assignment: assignment) }
        return switches
    }
}

extension SandboxServer {
    /// The status of a GET with these headers only.
    func status(of path: String, headers: [String: String] = [:]) async throws -> Int {
        var fields: HTTPFields = [:]
        for (name, value) in headers { HTTPField.Name(name).map { fields[$0] = value } }
        let request = TestClient.Request(path, method: .get, headers: fields)
        return try await TestClient.withClient(host: "127.0.0.1", port: port) {
            try await $0.execute(request).status.code
        }
    }
}
