package import NIOCore
import NIOHTTP1

/// A read of which nothing but its target matters, if its client may ask.
///
/// It has no body, no condition, and no field that a service would look at.
package struct PlainRead: Sendable {
    /// The request's target, as it was sent.
    package let target: String
    /// The key in the request; `nil` where there is none.
    package let token: String?
    package let host: String?
    package let origin: String?

    /// Makes a read of its parts.
    package init(
        target: String, token: String?, host: String?, origin: String? = nil
    ) {
        (self.target, self.token, self.host, self.origin) = (target, token, host, origin)
    }

    /// Finds out whether a request is such a read; `nil` if it is another one.
    init?(_ head: HTTPRequestHead) {
        guard head.method == .GET, head.version == .http1_1 else { return nil }
        var (token, host, origin): (String?, String?, String?)
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "authorization":
                guard token == nil, let bearer = Credentials.bearer(value) else { return nil }
                token = bearer
            case "host":
                guard host == nil else { return nil }
                host = value
            case "origin":
                guard origin == nil else { return nil }
                origin = value
            case "connection": guard value.lowercased() == "keep-alive" else { return nil }
            case "content-length", "transfer-encoding", "expect", "upgrade", "cache-control", "pragma",
                "idempotency-key":
                return nil
            default: break
            }
        }
        self.init(target: head.uri, token: token, host: host, origin: origin)
    }
}

/// A response of 200 that was made before it was asked for.
package struct ReadyResponse: Sendable {
    /// Finds the response to a read; `nil` if none is ready, or the client may not have it. Must not block.
    package typealias Finder = @Sendable (PlainRead) -> ReadyResponse?

    package let headers: [(String, String)]
    package let body: ByteBuffer

    /// Makes a response; `Content-Length` is set when it is sent.
    package init(headers: [(String, String)], body: ByteBuffer) { (self.headers, self.body) = (headers, body) }
}

/// Answers reads whose responses are ready, on the connection's event loop; everything else passes on.
///
/// Nothing is answered out of turn: while a request that has passed on has no whole response, those behind it pass on, too. So do
/// those of a client that does not read its responses; what is behind waits for it.
///
/// `@unchecked Sendable`: NIO calls a handler on its connection's event loop only.
final class ReadyHandler: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let find: ReadyResponse.Finder
    /// How many requests have passed on, and have no whole response yet.
    private var passed = 0
    /// Whether a request has passed on after which the connection is closed.
    private var closes = false
    /// The response to the request whose head has come, until its end comes.
    private var response: ReadyResponse?

    init(_ find: @escaping ReadyResponse.Finder) { self.find = find }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            response = ready(head, context.channel)
            guard response == nil else { return }
            passed += 1
            closes = closes || !head.isKeepAlive
        case .body: break
        case .end:
            guard let response else { break }
            self.response = nil
            return send(response, context)
        }
        context.fireChannelRead(data)
    }

    private func ready(_ head: HTTPRequestHead, _ channel: any Channel) -> ReadyResponse? {
        guard passed == 0, !closes, channel.isWritable else { return nil }
        return PlainRead(head).flatMap(find)
    }

    private func send(_ response: ReadyResponse, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders(response.headers)
        headers.add(name: "Content-Length", value: String(response.body.readableBytes))
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { passed -= 1 }
        context.write(data, promise: promise)
    }
}
