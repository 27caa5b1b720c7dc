import ConvoPlatform
package import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP/1.1 server on a socket that listens already, for programs of this machine.
///
/// What a client may take is bounded: its head, the time in which a request has to arrive, the time in which nothing happens, and
/// the number of connections.
package struct LocalServer<Responder: HTTPResponder>: Sendable where Responder.Context == ExchangeContext {
    private let responder: Responder
    private let limits: LocalServerLimits
    private let connections: OpenConnections

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - responder: answers the requests.
    ///   - limits: what a client may take.
    ///   - connections: where the open connections are noted.
    package init(responder: Responder, limits: LocalServerLimits = LocalServerLimits(), connections: OpenConnections) {
        (self.responder, self.limits, self.connections) = (responder, limits, connections)
    }

    /// Serves until the task is cancelled, then closes every connection and returns.
    ///
    /// - Parameters:
    ///   - descriptor: a socket that listens; the server closes it.
    ///   - user: whose processes may connect; `nil` where the system does not tell whose a connection is. Root's always may.
    /// - Throws: the error that keeps the server from using the socket.
    package func run(on descriptor: Int32, for user: UInt32?) async throws {
        var logger = Logger(label: "convo.endpoint")
        logger.logLevel = .critical
        let (channelSetup, connections, silent) = (channel(), connections, logger)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { channel in channelSetup.setup(channel: channel, logger: silent) }
        try await withTaskCancellationHandler {
            try await server.executeThenClose { inbound in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await client in inbound {
                        guard connections.count < limits.connections, await isAllowed(client.channel, user) else {
                            try? await client.channel.close()
                            // Tells the channel that nobody reads it.
                            group.addTask { try? await client.executeThenClose { _, _ in } }
                            continue
                        }
                        group.addTask { await channelSetup.handle(value: client, logger: silent) }
                    }
                }
            }
        } onCancel: {
            connections.hangUp()
            server.channel.close(promise: nil)
        }
    }

    private func isAllowed(_ channel: any Channel, _ user: UInt32?) async -> Bool {
        guard let user, let option = PeerUser.option, let provider = channel as? any SocketOptionProvider else {
            return true
        }
        let found: PeerUser? = try? await provider.unsafeGetSocketOption(
            level: .init(rawValue: option.level), name: .init(rawValue: option.name)
        ).get()
        return found.map { $0.user == user || $0.user == 0 } ?? false
    }

    private func channel() -> HTTP1Channel {
        let (responder, limits, connections) = (responder, limits, connections)
        var logger = Logger(label: "convo.endpoint")
        logger.logLevel = .critical
        return HTTP1Channel(
            responder: { [logger] request, writer, channel in
                let context = ExchangeContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
                let response: Response
                do {
                    response = try await responder.respond(to: request, context: context)
                } catch let error as HTTPParserError {
                    throw error
                } catch {
                    response = Response(status: .internalServerError)
                }
                do {
                    try await writer.write(response: response.head, body: response.body)
                } catch is HTTPParserError {
                    throw CancellationError()  // a parser's error would be answered, behind this answer
                }
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionWatcher(connections), RequestClock(limits)],
                idleTimeout: .seconds(Int64(limits.idle.components.seconds)),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.head, maxHeaderListSize: limits.head, maxHeaderFieldCount: limits.fields)
            ))
    }
}

/// What one client of a ``LocalServer`` may take.
package struct LocalServerLimits: Sendable {
    /// The size of a request's head in bytes.
    package var head = 32 << 10
    /// The number of header fields.
    package var fields = 200
    /// The time for a request's head, from its first byte.
    package var headTime = Duration.seconds(15)
    /// The time for a whole request, from its first byte, before any of its bytes counts.
    package var requestTime = Duration.seconds(60)
    /// How many bytes of a request buy its client another second.
    package var bytesPerSecond = 16 << 10
    /// The time without a byte of a request, and between two requests.
    package var idle = Duration.seconds(60)
    /// The size of a body in bytes up to which a client that asks first is told to go on, by the beginning of the path.
    package var awaitedBody: (path: String, size: Int) = ("/v1/conversations", 16 << 20)
    /// The number of connections.
    package var connections = 4096

    /// Makes the default limits.
    package init() {}
}

/// Closes a connection whose request does not arrive in time, however steadily its client trickles bytes; and tells a client that
/// waits for it to go on with its body.
///
/// Used on the connection's event loop only.
final class RequestClock: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = NIOAny

    private let limits: LocalServerLimits
    private var began: NIODeadline?
    private var hasHead = false
    private var bytes = 0
    private var timer: Scheduled<Void>?

    init(_ limits: LocalServerLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        // Where either is missing, only the idle time bounds a request.
        try? pipeline.addHandler(ByteCounter(self), position: .first)
        if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self) {
            try? pipeline.addHandler(PartObserver(self), position: .after(decoder))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    private func came(_ count: Int, _ context: ChannelHandlerContext) {
        bytes += count
        guard began == nil else { return }
        (began, bytes, hasHead) = (.now(), count, false)
        watch(context)
    }

    private func stop() {
        timer?.cancel()
        (timer, began) = (nil, nil)
    }

    private func watch(_ context: ChannelHandlerContext) {
        guard let began else { return }
        let allowed =
            hasHead ? limits.requestTime + .seconds(bytes / max(1, limits.bytesPerSecond)) : limits.headTime
        let deadline = began + .nanoseconds(Int64(allowed / .nanoseconds(1)))
        guard deadline > .now() else {
            context.close(promise: nil)
            return stop()
        }
        timer?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (clock, context) = bound.value
            clock.watch(context)
        }
    }

    /// Counts the bytes as they come, before they are parsed.
    private final class ByteCounter: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        private let clock: RequestClock
        init(_ clock: RequestClock) { self.clock = clock }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            clock.came(unwrapInboundIn(data).readableBytes, context)
            context.fireChannelRead(data)
        }
    }

    /// Sees where a request's head and body end.
    private final class PartObserver: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let clock: RequestClock
        init(_ clock: RequestClock) { self.clock = clock }

        private func isWelcome(_ head: HTTPRequestHead) -> Bool {
            let awaited = clock.limits.awaitedBody
            guard head.uri.hasPrefix(awaited.path) else { return true }
            return head.headers["content-length"].allSatisfy { Int($0).map { $0 <= awaited.size } ?? false }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(var head):
                clock.hasHead = true
                clock.watch(context)
                // What is behind this sees neither a second `Host` nor the host of a target: such a request names no host of ours.
                if head.headers["host"].count != 1 || head.uri.first != "/" {
                    head.headers.replaceOrAdd(name: "host", value: "")
                    return context.fireChannelRead(wrapInboundOut(.head(head)))
                }
                if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }), isWelcome(head) {
                    let goOn = HTTPResponseHead(version: head.version, status: .continue)
                    context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
                }
            case .body: break
            case .end: clock.stop()
            }
            context.fireChannelRead(data)
        }
    }
}
