import ConvoHTTP
import Synchronization

/// A transport without a network: each request gets the next of the given answers; the last one is repeated.
final class FakeTransport: HTTPTransport {
    enum Reply: Sendable {
        case response(HTTPResponse)
        case failure(HTTPError)
        case stream(HTTPHead, chunks: [[UInt8]], HTTPError?)
    }

    private let answers: Mutex<[Reply]>
    private let received = Mutex<[HTTPRequest]>([])

    var requests: [HTTPRequest] { received.withLock { $0 } }

    init(_ answers: [Reply]) { self.answers = Mutex(answers) }

    convenience init(_ status: Int, _ body: String = "", headers: HTTPHeaders = .json) {
        self.init([.answer(status, body, headers: headers)])
    }

    private func next(_ request: HTTPRequest) -> Reply {
        received.withLock { $0.append(request) }
        return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        switch next(request) {
        case .response(let response): return response
        case .failure(let error): throw error
        case .stream(let head, let chunks, let error):
            if let error { throw error }
            return HTTPResponse(head: head, body: chunks.flatMap { $0 })
        }
    }

    func receive(_ request: HTTPRequest, gathering count: Int) async throws(HTTPError) -> HTTPStream {
        try await stream(request)
    }

    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        switch next(request) {
        case .response(let response):
            return HTTPStream(head: response.head, body: HTTPBody(chunks: [response.body]))
        case .failure(let error): throw error
        case .stream(let head, let chunks, let error):
            return HTTPStream(head: head, body: HTTPBody(chunks: chunks, error: error))
        }
    }
}

extension FakeTransport.Reply {
    static func answer(_ status: Int, _ body: String = "", headers: HTTPHeaders = .json) -> Self {
        .response(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    static func events(_ text: String, error: HTTPError? = nil) -> Self {
        let head = HTTPHead(status: 200, headers: ["Content-Type": "text/event-stream; charset=utf-8"])
        return .stream(head, chunks: [Array(text.utf8)], error)
    }

    static func lost(_ kind: HTTPError.Kind, reached: Bool) -> Self {
        .failure(HTTPError(kind, mayHaveReachedServer: reached, message: "lost"))
    }
}

extension HTTPHeaders {
    static let json: HTTPHeaders = ["Content-Type": "application/json"]
}
