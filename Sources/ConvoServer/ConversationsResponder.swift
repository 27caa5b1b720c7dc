import ConvoJSON
import ConvoModel
import HTTPTypes
import Hummingbird
import NIOCore

/// The API's routes over a service: maps methods and paths to operations, and results to HTTP responses.
struct ConversationsResponder<Service: ConversationsService>: Sendable {
    /// The largest body in bytes that the server reads; a larger one gets 413.
    static var bodyLimit: Int { 16 << 20 }

    let service: Service
    let connections: OpenConnections
    let gateway: APIServer.Gateway

    /// An authenticated request.
    private struct RoutedRequest {
        let request: Request
        let context: ExchangeContext
        let principal: Service.Principal
    }

    func addRoutes(to router: Router<ExchangeContext>) {
        let collection = router.group("v1/conversations")
        collection.get { try await answer($0, $1) { try await list($0) } }
        collection.post { try await answer($0, $1, isWrite: true) { try await start($0) } }
        collection.get(":id") {
            try await answer($0, $1) { try await .json(service.get(id(in: $0), by: $0.principal)) }
        }
        collection.delete(":id") {
            try await answer($0, $1, isWrite: true) { call in
                try await service.delete(id(in: call), by: call.principal)
                return .nothing
            }
        }
        collection.post(":id") { try await answer($0, $1, isWrite: true) { try await append($0) } }
        collection.get(":id/history") {
            try await answer($0, $1) { try await .payload(service.getHistory(of: id(in: $0), by: $0.principal)) }
        }
        collection.get(":id/messages") {
            try await answer($0, $1) { try await .payload(service.getMessages(of: id(in: $0), by: $0.principal)) }
        }
        collection.post(":id/restart") { try await answer($0, $1, isWrite: true) { try await restart($0) } }
    }

    func addAccountRoutes(to router: Router<ExchangeContext>) where Service: AccountService {
        router.get("v1/users/me") { try await answer($0, $1) { try await .json(service.getUser($0.principal)) } }
        router.get("v1/whoami") { try await answer($0, $1) { try await .json(service.whoAmI($0.principal)) } }
        addFileRoutes(to: router.group("v1/files"))
    }

    private func addFileRoutes(to files: RouterGroup<ExchangeContext>) where Service: AccountService {
        files.get(":id/content") {
            try await answer($0, $1) { call in
                .file(try await service.downloadFile(call.context.parameters.require("id"), by: call.principal))
            }
        }
        files.get(":id/url") {
            try await answer($0, $1) { call in
                let id = try call.context.parameters.require("id")
                let expiry = try call.request.uri.queryParameters["expiry"].map {
                    try SignedURLQuery(expiry: String($0))
                }
                let hours = expiry?.hours ?? SignedURLQuery.defaultHours
                return .json(try await service.getSignedURL(of: id, hours: hours, by: call.principal))
            }
        }
        files.delete(":id") {
            try await answer($0, $1) { call in
                .json(try await service.deleteFile(call.context.parameters.require("id"), by: call.principal))
            }
        }
    }

    // MARK: Operations

    private func list(_ call: RoutedRequest) async throws -> ServiceResponse {
        let parameters = call.request.uri.queryParameters
        let query = try ListQuery(
            page: parameters["page"].map(String.init), pageSize: parameters["page_size"].map(String.init),
            metadata: parameters["metadata"].map(String.init))
        return .payload(try await service.list(query, by: call.principal))
    }

    private func start(_ call: RoutedRequest) async throws -> ServiceResponse {
        let (body, principal) = (try await body(of: call.request), call.principal)
        if body.asksForStream { return .events(try await service.startStream(body, by: principal)) }
        return .json(
            try await untilClientLeaves(call.context) { try await service.start(body, by: principal) })
    }

    private func append(_ call: RoutedRequest) async throws -> ServiceResponse {
        let (body, id, principal) = (try await body(of: call.request), try id(in: call), call.principal)
        if body.asksForStream { return .events(try await service.appendStream(body, to: id, by: principal)) }
        return .json(
            try await untilClientLeaves(call.context) { try await service.append(body, to: id, by: principal) })
    }

    private func restart(_ call: RoutedRequest) async throws -> ServiceResponse {
        let (body, id, principal) = (try await body(of: call.request), try id(in: call), call.principal)
        if body.asksForStream { return .events(try await service.restartStream(body, of: id, by: principal)) }
        return .json(
            try await untilClientLeaves(call.context) { try await service.restart(body, of: id, by: principal) })
    }

    // MARK: The wire

    private func answer(
        _ request: Request, _ context: ExchangeContext, isWrite: Bool = false,
        _ operation: (RoutedRequest) async throws -> ServiceResponse
    ) async throws -> Response {
        do {
            let head = RequestHead(request, ClientConnection(context.channel, connections))
            let principal = try await service.principal(of: head)
            let call = RoutedRequest(request: request, context: context, principal: principal)
            var response = try await operation(call).response(
                connections: connections, context: context, written: isWrite ? whenWritten(principal) : nil)
            for (name, value) in service.headers(for: principal) {
                HTTPField.Name(name).map { response.headers[$0] = value }
            }
            return response.through(gateway, context)
        } catch let error as ServiceError {
            if error == .connectionReset { await connections.reset(context.channel) }
            return error.response(context, gateway)
        }
    }

    /// Tells the service that the response to a write was sent; a sandbox is not told.
    private func whenWritten(_ principal: Service.Principal) -> (@Sendable () -> Void)? {
        guard gateway == .none else { return nil }
        return { [service] in service.responded(to: principal) }
    }

    private func id(in call: RoutedRequest) throws -> RemoteID {
        RemoteID(try call.context.parameters.require("id"))
    }

    private func body(of request: Request) async throws -> JSONText {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Self.bodyLimit {
            throw ServiceError.answer(status: 413, .detail("Request Entity Too Large"))
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw ServiceError.answer(status: 413, .detail("Request Entity Too Large"))
        }
        return try JSONText.requestBody(Array(buffer.readableBytesView))
    }

    /// Runs a call, and cancels it when the client closes the connection.
    private func untilClientLeaves(
        _ context: ExchangeContext, _ call: @escaping @Sendable () async throws -> JSONText
    ) async throws -> JSONText {
        // Cancelled when the connection ends, or with the request when the server stops; awaited below.
        let work = Task { try await call() }
        let watch = connections.whenClosed(context.channel) { work.cancel() }
        defer { connections.forget(watch) }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }
}

extension JSONText {
    fileprivate var asksForStream: Bool { self["stream"]?.bool == true }

    /// Reads the object in a request's body.
    ///
    /// - Throws: ``ServiceError`` (422) for an empty body and for one that is not a JSON object.
    fileprivate static func requestBody(_ bytes: [UInt8]) throws -> JSONText {
        guard !bytes.isEmpty else {
            throw ServiceError.validation([ValidationIssue("missing", at: ["body"], "Field required", input: .null)])
        }
        let body: JSONText
        do {
            body = try JSONText(utf8: bytes)
        } catch {
            throw ServiceError.validation([
                ValidationIssue(
                    "json_invalid", at: ["body", .index(error.offset)], "JSON decode error", input: .object([]),
                    context: .object(["error": .string("\(error.reason)")]))
            ])
        }
        guard body.kind == .object else {
            throw ServiceError.validation([
                ValidationIssue(
                    "model_attributes_type", at: ["body"],
                    "Input should be a valid dictionary or object to extract fields from", input: body)
            ])
        }
        return body
    }
}
