import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoStore
import ConvoSync

/// The API's conversations, answered from the local store and, where that does not know, by the server; writes go through the
/// outbox.
struct EndpointService: ConversationsService {
    /// One request: the endpoint has one user, whom ``EndpointAdmission`` knows before the service is asked.
    typealias Principal = EndpointCall

    let backend: EndpointBackend
    let upstream: Upstream
    let receipts: AnswerReceipts
    /// Runs what may wait for the disk or for another process; `nil`: it runs where its caller runs.
    let storing: (any TaskExecutor)?
    /// Runs the tasks that pass events on; `nil`: the shared pool does.
    let relaying: (any TaskExecutor)?
    let rules: EndpointRules

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - backend: the store and the engine.
    ///   - upstream: passes on what the outbox cannot hold.
    ///   - storing: runs what may wait for the disk; `nil`: it runs where its caller runs.
    ///   - relaying: runs the tasks that pass events on; `nil`: the shared pool does.
    ///   - rules: the decisions about writes; a test may put mistakes in place of them.
    init(
        backend: EndpointBackend, upstream: Upstream, storing: (any TaskExecutor)? = StoringThread(),
        relaying: (any TaskExecutor)? = nil, rules: EndpointRules = EndpointRules()
    ) {
        (self.backend, self.upstream, self.storing, self.relaying) = (backend, upstream, storing, relaying)
        self.rules = rules
        receipts = AnswerReceipts(isReceipt: rules.isReceipt) { id in
            // If it cannot be noted, an equal request joins the write for some minutes.
            let note = { @Sendable () -> Void in try? backend.present?.store.noteAnswered(id) }
            // A connection's event loop waits for no disk. The thread takes its jobs in order: what the client asks next is
            // accepted behind this.
            if let storing { Task(executorPreference: storing) { note() } } else { note() }
        }
    }

    /// Admits everybody: ``EndpointAdmission`` has decided before.
    func principal(bearing token: String?) async throws(ServiceError) -> EndpointCall {
        throw ServiceError.answer(status: 401, .detail("Unauthorized"))
    }

    func principal(of request: RequestHead) async throws(ServiceError) -> EndpointCall {
        let call = EndpointCall(request)
        guard (call.name?.utf8.count ?? 0) <= RequestIdentity.nameLimit else {
            throw .answer(
                status: 400,
                .detail("Idempotency-Key is longer than \(RequestIdentity.nameLimit) bytes: use a shorter one"))
        }
        return call
    }

    func headers(for call: EndpointCall) -> [String: String] { call.headers }

    func responded(to call: EndpointCall) {
        if let id = call.operation { receipts.wrote(id, to: call.connection) }
    }

    /// The parts, as of now.
    func parts() throws(ServiceError) -> EndpointBackend.Parts {
        guard let parts = backend.present else { throw .unavailable("the database is not open", after: 2) }
        return parts
    }

    /// Runs work on the store where it may wait.
    func stored<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withTaskExecutorPreference(storing) {
            do throws(StoreError) { return .success(try work()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension ServiceError {
    /// 503: nothing can be said now.
    ///
    /// - Parameters:
    ///   - reason: why, in one clause.
    ///   - seconds: when to try again.
    ///   - operation: the write that the same request joins then; `nil` where there is none.
    /// - Returns: the error.
    static func unavailable(_ reason: String, after seconds: Int, joining operation: OperationID? = nil) -> ServiceError
    {
        var headers = ["Retry-After": String(seconds)]
        headers[EndpointCall.operationHeader] = operation?.rawValue
        return .answer(status: 503, .detail(reason), headers: headers)
    }

    /// 404, as the API answers it.
    static let noConversation = ServiceError.business(404, code: 3000, "Conversation not found")

    /// The server's own refusal.
    static func relayed(_ answer: ErrorAnswer, joining operation: OperationID? = nil) -> ServiceError {
        var headers: [String: String] = [:]
        headers["Content-Type"] = answer.contentType
        headers["Retry-After"] = answer.retryAfter ?? (operation == nil ? nil : "1")
        headers[EndpointCall.operationHeader] = operation?.rawValue
        return .relayed(RelayedAnswer(status: answer.status, headers: headers, body: answer.body))
    }

    /// Why the store could not do what the server would have done.
    init(_ error: StoreError) {
        self =
            switch error {
            case .noSuchConversation, .deletedRemotely, .localOnly: .noConversation
            case .requestTooLarge: .answer(status: 413, .detail("Request Entity Too Large"))
            case .accountBefore:
                .business(403, code: 3000, "The conversation belongs to the account before: see convo account")
            default: .unavailable("the local store cannot be used: \(error.description)", after: 5)
            }
    }

    /// Why the server could not be asked.
    init(_ failure: SyncFailure) {
        if let answer = failure.apiError?.answer {
            self = .relayed(answer)
        } else if case .store(let error) = failure {
            self.init(error)
        } else {
            self = .unavailable("the server cannot be asked: \(failure.description)", after: 5)
        }
    }
}
