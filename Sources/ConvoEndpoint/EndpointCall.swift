import ConvoModel
import ConvoServer
import Synchronization

/// One request to the endpoint, from its head to the end of its response.
final class EndpointCall: Sendable {
    /// The value of `Idempotency-Key`; `nil` where there is none.
    let name: String?
    /// Whether the client wants to know what the server says now (`Cache-Control: no-cache`).
    let asksServer: Bool
    let connection: ClientConnection
    /// The request's target; empty where there is none.
    let target: String
    private let state = Mutex<(headers: [String: String], operation: OperationID?)>(([:], nil))

    /// Makes a call of what a program says without HTTP.
    init(name: String?, asksServer: Bool = false, over connection: ClientConnection, target: String = "") {
        (self.name, self.asksServer, self.connection, self.target) = (name, asksServer, connection, target)
    }

    init(_ request: RequestHead) {
        name = request["Idempotency-Key"]
        let directives = (request["Cache-Control"] ?? "").lowercased().split(separator: ",")
        asksServer = directives.contains { $0.filter { $0 != " " } == "no-cache" } || request["Pragma"] == "no-cache"
        (connection, target) = (request.connection, request.target)
    }

    /// The header fields that the response gets.
    var headers: [String: String] { state.withLock(\.headers) }

    func add(_ headers: [String: String]) { state.withLock { $0.headers.merge(headers) { $1 } } }

    /// The write that the response is about; `nil` for a read.
    var operation: OperationID? { state.withLock(\.operation) }

    /// Names the write that the response is about, for the client and for what follows when it was written.
    func answers(_ id: OperationID) {
        state.withLock {
            $0.operation = id
            $0.headers[EndpointCall.operationHeader] = id.rawValue
        }
    }

    /// Says that the response tells a part of the answer, or none, so that the same request still joins the write.
    func tellsOnlyAPart() { state.withLock { $0.operation = nil } }

    static let operationHeader = "Convo-Operation"
}
