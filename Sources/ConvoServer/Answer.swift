import ConvoModel
import HTTPTypes
import Hummingbird
import NIOCore

/// What an operation gave, before it becomes a response.
enum Answer: Sendable {
    case json(JSONText)
    case nothing
    case events(ServerEvents)

    func response(connections: OpenConnections, context: ExchangeContext) -> Response {
        switch self {
        case .json(let json):
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: json.text)))
        case .nothing:
            return Response(status: .noContent)
        case .events(let events):
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
                body: Answer.body(of: events, connections: connections, context: context))
        }
    }

    /// One write per event. Whatever ends this early (a client that left, a stopping server) drops the sequence, and
    /// the service hears of it at once, though it may have nothing to write for a while.
    private static func body(
        of source: ServerEvents, connections: OpenConnections, context: ExchangeContext
    ) -> ResponseBody {
        ResponseBody { writer in
            let (events, relay) = ServerEvents.makeStream()
            // Cancelled by the connection's end, or by this body's.
            let pump = Task {
                do {
                    for try await event in source { relay.yield(event) }
                    relay.finish()
                } catch {
                    relay.finish(throwing: error)
                }
            }
            let watch = connections.whenClosed(context.channel) { pump.cancel() }
            defer {
                connections.forget(watch)
                pump.cancel()
            }
            do {
                for try await event in events { try await writer.write(ByteBuffer(string: event.framed)) }
            } catch ServiceError.connectionReset {
                await connections.reset(context.channel)
                throw ServiceError.connectionReset
            }
            try await writer.finish(nil)
        }
    }
}

extension ServiceError {
    var response: Response {
        switch self {
        case .answer(let status, let shape, let retryAfter):
            var headers: HTTPFields = [.contentType: shape.contentType]
            if let retryAfter { headers[.retryAfter] = String(retryAfter) }
            return Response(
                status: HTTPResponse.Status(code: status), headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(string: shape.text)))
        case .connectionReset:
            // The connection is gone already; this is what a client without one gets (a test of the routes alone).
            return Response(status: .badGateway)
        }
    }
}
