import ConvoModel
import HTTPTypes
import Hummingbird
import NIOCore

/// The API's routes over a service: which method and path is which operation, and how answers look on the wire.
struct ConversationsResponder: Sendable {
    /// The largest body that is read.
    static let bodyLimit = 16 << 20

    let service: any ConversationsService
    let access: Access
    let connections: OpenConnections

    func addRoutes(to router: Router<ExchangeContext>) {
        let collection = router.group("v1/conversations")
        collection.get { try await answer($0, $1) { request, _ in try await list(request) } }
        collection.post { try await answer($0, $1) { try await start($0, $1) } }
        collection.get(":id") {
            try await answer($0, $1) { _, context in try await .json(service.get(id(in: context))) }
        }
        collection.delete(":id") { try await answer($0, $1) { _, context in try await delete(id(in: context)) } }
        collection.post(":id") { try await answer($0, $1) { try await append($0, $1) } }
        collection.get(":id/history") {
            try await answer($0, $1) { _, context in try await .json(service.getHistory(of: id(in: context))) }
        }
        collection.get(":id/messages") {
            try await answer($0, $1) { _, context in try await .json(service.getMessages(of: id(in: context))) }
        }
        collection.post(":id/restart") { try await answer($0, $1) { try await restart($0, $1) } }
    }

    // MARK: Operations

    private func list(_ request: Request) async throws -> Answer {
        let parameters = request.uri.queryParameters
        let query = try ListQuery(
            page: parameters["page"].map(String.init), pageSize: parameters["page_size"].map(String.init),
            metadata: parameters["metadata"].map(String.init))
        return .json(try await service.list(query))
    }

    private func delete(_ id: RemoteID) async throws -> Answer {
        try await service.delete(id)
        return .nothing
    }

    private func start(_ request: Request, _ context: ExchangeContext) async throws -> Answer {
        let body = try await body(of: request)
        if body.asksForStream { return .events(try await service.startStream(body)) }
        return .json(try await untilClientLeaves(context) { try await service.start(body) })
    }

    private func append(_ request: Request, _ context: ExchangeContext) async throws -> Answer {
        let (body, id) = (try await body(of: request), try id(in: context))
        if body.asksForStream { return .events(try await service.appendStream(body, to: id)) }
        return .json(try await untilClientLeaves(context) { try await service.append(body, to: id) })
    }

    private func restart(_ request: Request, _ context: ExchangeContext) async throws -> Answer {
        let (body, id) = (try await body(of: request), try id(in: context))
        if body.asksForStream { return .events(try await service.restartStream(body, of: id)) }
        return .json(try await untilClientLeaves(context) { try await service.restart(body, of: id) })
    }

    // MARK: The wire

    private func answer(
        _ request: Request, _ context: ExchangeContext,
        _ operation: (Request, ExchangeContext) async throws -> Answer
    ) async throws -> Response {
        do {
            if let refusal = access.refusal(of: request) { throw refusal }
            return try await operation(request, context).response(connections: connections, context: context)
        } catch let error as ServiceError {
            if error == .connectionReset { await connections.reset(context.channel) }
            return error.response
        }
    }

    private func id(in context: ExchangeContext) throws -> RemoteID {
        RemoteID(try context.parameters.require("id"))
    }

    private func body(of request: Request) async throws -> JSONText {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: ConversationsResponder.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw ServiceError.answer(status: 413, .detail("Request Entity Too Large"))
        }
        return try JSONText.requestBody(Array(buffer.readableBytesView))
    }

    /// Runs a call that is cancelled when the client hangs up.
    private func untilClientLeaves(
        _ context: ExchangeContext, _ call: @escaping @Sendable () async throws -> JSONText
    ) async throws -> JSONText {
        // Cancelled by the connection's end, or with the request by the stopping server; awaited right here.
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

    /// The object in a request's body, or what the server says to anything else.
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
