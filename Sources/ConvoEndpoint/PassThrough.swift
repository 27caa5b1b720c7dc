import ConvoHTTP
import ConvoModel
import ConvoServer
import HTTPTypes
import Hummingbird
import NIOCore

/// Decides first whether a client may ask at all, and passes on what is not an operation on conversations.
struct EndpointGate: RouterMiddleware {
    typealias Context = ExchangeContext

    let admission: @Sendable () -> EndpointAdmission
    let upstream: Upstream
    /// The names of the hosts do not matter on a socket in the file system, which no web page reaches.
    let passThrough = PassThrough()

    func handle(
        _ request: Request, context: ExchangeContext,
        next: @concurrent (Request, ExchangeContext) async throws -> Response
    ) async throws -> Response {
        let head = EndpointAdmission.Head(
            method: request.method.rawValue, target: request.head.path ?? "",
            token: Credentials.token(in: request.headers),
            host: request.head.authority, origin: request.headers[.origin])
        if let refusal = EndpointGate.refusal(admission().decision(on: head)) {
            return refusal.response(context, .none)
        }
        do {
            return try await next(request, context)
        } catch let error as Hummingbird.HTTPError where error.status == .notFound {
            guard request.uri.path.hasPrefix("/v1/") else {
                return ServiceError.answer(status: 404, .detail("Not Found")).response(context, .none)
            }
            do throws(ServiceError) {
                return try await passThrough.response(to: request, from: upstream)
            } catch {
                return error.response(context, .none)
            }
        }
    }

    private static func refusal(_ decision: EndpointAdmission.Decision) -> ServiceError? {
        switch decision {
        case .admitted: nil
        case .unauthorized: .answer(status: 401, .detail("Unauthorized"))
        case .foreign: .answer(status: 403, .detail("Forbidden"))
        case .malformed: .answer(status: 400, .detail("Bad Request"))
        }
    }
}

/// Passes requests on to the server, and the answers back, while they come: a slow reader on either side slows the other one down.
struct PassThrough: Sendable {
    func response(to request: Request, from upstream: Upstream) async throws(ServiceError) -> Response {
        let fields = request.headers.map { (name: $0.name.rawName, value: $0.value) }
        let upload = PassThrough.upload(of: request)
        // Cancelled, and awaited, when the answer has passed or cannot pass: the connection's next request is read behind it.
        let pump = upload.map { upload in Task { await PassThrough.pump(request.body, into: upload) } }
        let answer: HTTPStream
        do throws(ServiceError) {
            answer = try await upstream.send(
                request.method.rawValue, path: PassThrough.path(of: request), query: request.uri.query,
                headers: PassedHeaders.request(fields), body: upload)
        } catch {
            pump?.cancel()
            // The client has not sent what it said it would: that is not the server's fault.
            if await pump?.value == false { throw .answer(status: 400, .detail("Bad Request")) }
            throw error
        }
        var headers = HTTPFields()
        for field in PassedHeaders.response(answer.headers.fields.map { ($0.name, $0.value) }).fields {
            HTTPField.Name(field.name).map { headers.append(HTTPField(name: $0, value: field.value)) }
        }
        let length = headers[.contentLength].flatMap { Int($0) }
        let hasBody = request.method != .head && ![204, 304].contains(answer.status)
        let body = ResponseBody(contentLength: length) { writer in
            defer { pump?.cancel() }
            var chunks = answer.body.makeAsyncIterator()
            if hasBody {
                while let chunk = try await chunks.next() { try await writer.write(ByteBuffer(bytes: chunk)) }
            }
            pump?.cancel()
            _ = await pump?.value
            try await writer.finish(nil)
        }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
    }

    private static func path(of request: Request) -> String {
        String((request.head.path ?? "").prefix { $0 != "?" })
    }

    /// The body that the request has; `nil` where it has none.
    private static func upload(of request: Request) -> HTTPUpload? {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) {
            return length > 0 || request.method == .post || request.method == .put ? HTTPUpload(size: length) : nil
        }
        if request.headers[.transferEncoding] != nil { return HTTPUpload(size: nil) }
        return request.method == .post || request.method == .put ? HTTPUpload(size: 0) : nil
    }

    /// - Returns: `false` if the client's body has an error, or ends too early.
    private static func pump(_ body: RequestBody, into upload: HTTPUpload) async -> Bool {
        do {
            for try await chunk in body {
                guard await upload.write(Array(chunk.readableBytesView)) else { return true }
            }
            upload.finish(isWhole: !Task.isCancelled)
            return true
        } catch {
            upload.finish(isWhole: false)
            return false
        }
    }
}
