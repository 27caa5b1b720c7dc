import ConvoJSON
import ConvoModel
import HTTPTypes
package import Hummingbird
import NIOCore

/// The result of an operation, and how it becomes a response.
enum ServiceResponse: Sendable {
    case json(JSONText)
    case payload(Payload)
    /// A file's bytes; the response is chunked and has no `Content-Length`, as recorded ones.
    case file([UInt8])
    /// 204 without a body.
    case nothing
    case events(ServerEvents)

    /// - Parameters:
    ///   - connections: tells when the client leaves.
    ///   - context: the request's.
    ///   - written: called when the whole response is in the kernel's hands; `nil` where nobody asks.
    /// - Returns: the response, whose body may still have to come.
    func response(
        connections: OpenConnections, context: ExchangeContext, written: (@Sendable () -> Void)? = nil
    ) -> Response {
        switch self {
        case .json(let json):
            if let written { connections.whenWritten(context.channel, do: written) }
            return ServiceResponse.response(ByteBuffer(string: json.text))
        case .payload(.json(let json)): return ServiceResponse.response(ByteBuffer(string: json.text))
        case .payload(.bytes(let bytes)): return ServiceResponse.response(ByteBuffer(bytes: bytes))
        case .file(let bytes):
            return Response(
                status: .ok, headers: [.contentType: "application/octet-stream"], body: ServiceResponse.body(of: bytes))
        case .nothing:
            if let written { connections.whenWritten(context.channel, do: written) }
            return Response(status: .noContent)
        case .events(let events):
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
                body: ServiceResponse.body(of: events, connections: connections, context: context, written))
        }
    }

    private static func response(_ json: ByteBuffer) -> Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: json))
    }

    static let chunkSize = 32 << 10

    private static func body(of bytes: [UInt8]) -> ResponseBody {
        ResponseBody { writer in
            var rest = bytes[...]
            while !rest.isEmpty {
                try await writer.write(ByteBuffer(bytes: rest.prefix(chunkSize)))
                rest = rest.dropFirst(chunkSize)
            }
            try await writer.finish(nil)
        }
    }

    /// Writes each event by itself.
    ///
    /// A task of its own reads the service's events, so that the sequence is dropped as soon as the client leaves or
    /// the server stops, even while the service has nothing to send.
    private static func body(
        of source: ServerEvents, connections: OpenConnections, context: ExchangeContext,
        _ written: (@Sendable () -> Void)?
    ) -> ResponseBody {
        ResponseBody { writer in
            let (events, relay) = ServerEvents.makeStream()
            // Cancelled when the connection ends, or when this body does.
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
            if let written { connections.whenWritten(context.channel, do: written) }
            try await writer.finish(nil)
        }
    }
}

extension ServiceError {
    /// Makes the response of the error.
    package func response(_ context: ExchangeContext, _ gateway: APIServer.Gateway) -> Response {
        switch self {
        case .answer(let status, let shape, let headers):
            return shape.response(status, headers, context).through(gateway, context)
        case .relayed(let answer):
            var fields: HTTPFields = [:]
            for (name, value) in answer.headers { HTTPField.Name(name).map { fields[$0] = value } }
            return Response(
                status: HTTPResponse.Status(code: answer.status), headers: fields,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        case .intercepted(let status, let shape, let headers): return shape.response(status, headers, context)
        case .connectionReset:
            // The connection is closed already; only a test that calls the routes without a socket gets this.
            return Response(status: .badGateway)
        }
    }
}

extension ErrorBody {
    fileprivate func response(_ status: Int, _ more: [String: String], _ context: ExchangeContext) -> Response {
        var headers: HTTPFields = [.contentType: contentType]
        for (name, value) in more { HTTPField.Name(name).map { headers[$0] = value } }
        return Response(
            status: HTTPResponse.Status(code: status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text(requestID: context.requestID))))
    }
}

extension Response {
    /// The workspace's limit in tokens per minute that the headers name.
    private static let tokenLimit = 500_000

    /// The response with the headers that the gateway adds to every response, as recorded.
    func through(_ gateway: APIServer.Gateway, _ context: ExchangeContext) -> Response {
        guard gateway == .emulated else { return self }
        var response = self
        response.headers[.correlationID] = context.correlationID
        response.headers[.kongRequestID] = context.correlationID
        response.headers[.upstreamServiceTime] = String(context.milliseconds)
        // Recorded streams carry no rate limits.
        if response.headers[.contentType] == "application/json" {
            response.headers[.tokenLimit] = String(Response.tokenLimit)
            response.headers[.tokensRemaining] = String(Response.tokenLimit)
        }
        return response
    }
}

extension ExchangeContext {
    fileprivate var milliseconds: Int64 {
        let elapsed = arrival.duration(to: .now).components
        return elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
    }
}

extension HTTPField.Name {
    fileprivate static let correlationID = known("mistral-correlation-id")
    fileprivate static let kongRequestID = known("x-kong-request-id")
    fileprivate static let upstreamServiceTime = known("x-envoy-upstream-service-time")
    fileprivate static let tokenLimit = known("x-ratelimit-limit-tokens-minute")
    fileprivate static let tokensRemaining = known("x-ratelimit-remaining-tokens-minute")

    /// The field with a name from this file; an invalid name becomes `Server` rather than a trap.
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .server }
}
