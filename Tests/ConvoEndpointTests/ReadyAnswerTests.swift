import ConvoAPI
import ConvoHTTP
import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoStore
import ConvoSync
import NIOCore
import TestFolders
import Testing

@testable import ConvoEndpoint

@Suite struct `An answer that is ready` {
    private static let unreachable = APIError(.unreachable, effect: .none, message: "no network")
    private let folder: TemporaryFolder
    private let store: Store
    private let service: EndpointService
    /// A conversation that is still to be started: the store has all that can be told of it.
    private let id: LocalID

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.file("convo.db"))
        id = try store.start(StartRequest(json: JSONText(#"{"model":"m","inputs":"hello"}"#))).conversation
        let backend = EndpointBackend()
        let engine = SyncEngine(store: store) { () throws(APIError) in throw Self.unreachable }
        backend.serve(EndpointBackend.Parts(store: store, engine: engine, options: EndpointOptions()) {})
        let upstream = Upstream(transport: PlatformTransport.make(options: CurlOptions())) { throw CancellationError() }
        service = EndpointService(backend: backend, upstream: upstream)
    }

    private var target: String { "/v1/conversations/\(id)/history" }

    /// Reads as the service does where nothing is ready, which keeps the answer.
    private func read() async throws -> String {
        let call = EndpointCall(name: nil, over: Self.connection, target: target)
        return String(decoding: try await service.getHistory(of: RemoteID(id.rawValue), by: call).utf8, as: UTF8.self)
    }

    private static let connection = ClientConnection(anybody, look: { false }, observe: { _ in })
    private static let anybody = Anybody()
    private final class Anybody: Sendable {}

    /// A ready answer to a read; `nil` where there is none.
    private func ready(
        host: String? = "127.0.0.1:1", token: String? = "right", origin: String? = nil
    ) -> ReadyResponse? {
        let responder = ReadyResponder(admission: { EndpointAdmission(token: "right") }, service: service)
        return responder.response(
            to: PlainRead(target: target, token: token, host: host, origin: origin))
    }

    @Test func `is the answer that the store gives, with the same fields`() async throws {
        #expect(ready() == nil)
        let body = try await read()
        let answer = try #require(ready())
        #expect(String(buffer: answer.body) == body && body.contains("hello"))
        let headers = Dictionary(answer.headers) { $1 }
        #expect(
            headers == ["Content-Type": "application/json", "Convo-Pending": "1", "Convo-Last-Pull": "never"])
    }

    @Test func `is given to those only who may ask`() async throws {
        _ = try await read()
        #expect(ready(host: "localhost:7733") != nil)
        #expect(ready(token: nil) == nil)
        #expect(ready(token: "wrong") == nil)
        #expect(ready(host: "evil.test") == nil && ready(host: nil) == nil)
        #expect(ready(origin: "http://evil.test") == nil)
        #expect(ready(origin: "http://127.0.0.1:1") != nil)
    }

    @Test func `is none any more once this process has written, and the next read has what was written`() async throws {
        for number in 0..<20 {
            _ = try await read()
            #expect(ready() != nil)
            _ = try store.append(AppendRequest(json: JSONText(#"{"inputs":"number \#(number)"}"#)), to: id)
            #expect(ready() == nil)
            #expect(try await read().contains("number \(number)"))
            #expect(ready().map { String(buffer: $0.body).contains("number \(number)") } == true)
        }
    }

    @Test func `is none any more once another connection to the file has written`() async throws {
        let other = try Store(path: store.path)
        for number in 0..<20 {
            _ = try await read()
            #expect(ready() != nil)
            _ = try other.append(AppendRequest(json: JSONText(#"{"inputs":"number \#(number)"}"#)), to: id)
            #expect(ready() == nil)
            #expect(try await read().contains("number \(number)"))
        }
    }

    @Test func `is not made of what was read before a commit that came meanwhile`() throws {
        let answers = ReadyAnswers(of: store)
        let version = answers.version()
        _ = try store.append(AppendRequest(json: JSONText(#"{"inputs":"meanwhile"}"#)), to: id)
        answers.keep(Self.answer(of: 10), to: "/old", asOf: version)
        #expect(answers.answer(to: "/old") == nil)
        answers.keep(Self.answer(of: 10), to: "/new", asOf: answers.version())
        #expect(answers.answer(to: "/new") != nil)
    }

    @Test func `is none where the server was to be asked and could not be`() async throws {
        let start = try store.start(StartRequest(json: JSONText(#"{"model":"m","inputs":"delivered"}"#)))
        _ = try store.markSending(start.operation, base: nil)
        try store.markDelivered(start.operation, as: RemoteID("conv_1"))  // its object is still to be read
        for id in [RemoteID("conv_1"), RemoteID(self.id.rawValue)] {
            let target = "/v1/conversations/\(id.rawValue)"
            _ = try await service.get(id, by: EndpointCall(name: nil, over: Self.connection, target: target))
            let isReady = service.backend.present?.ready.answer(to: target) != nil
            #expect(isReady == (id != RemoteID("conv_1")))
        }
    }

    @Test func `is kept only while all together are small`() throws {
        let answers = ReadyAnswers(of: store)
        let version = answers.version()
        answers.keep(Self.answer(of: ReadyAnswers.bodyLimit + 1), to: "/large", asOf: version)
        #expect(answers.answer(to: "/large") == nil)
        let count = ReadyAnswers.sizeLimit / ReadyAnswers.bodyLimit
        for number in 0...count {
            answers.keep(Self.answer(of: ReadyAnswers.bodyLimit - 1000), to: "/\(number)", asOf: version)
            answers.keep(Self.answer(of: ReadyAnswers.bodyLimit - 1000), to: "/\(number)", asOf: version)
        }
        #expect((0...count).filter { answers.answer(to: "/\($0)") != nil } == [count])
    }

    private static func answer(of size: Int) -> ReadyAnswers.Answer {
        ReadyAnswers.Answer(
            .string(String(repeating: "a", count: size - 2)), FreshnessHeaders(lastPull: nil, pending: 0))
    }
}
