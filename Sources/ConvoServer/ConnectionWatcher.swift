import ConvoPlatform
package import NIOCore
import NIOHTTP1

/// Reports the beginning and the end of a connection to ``OpenConnections``.
///
/// It closes a connection whose client has closed its side: HTTP clients do that when they cancel a request, and
/// proxies treat it as such.
package final class ConnectionWatcher: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    package typealias InboundIn = NIOAny

    private let connections: OpenConnections

    /// Reports to `connections`.
    package init(_ connections: OpenConnections) { self.connections = connections }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { connections.opened(context.channel) }
        let pipeline = context.pipeline.syncOperations
        if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self) {
            try? pipeline.addHandler(ExchangeWatcher(connections), position: .after(decoder))
        }
    }

    package func channelActive(context: ChannelHandlerContext) {
        connections.opened(context.channel)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        connections.closed(context.channel)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connections.broke(context.channel)
        context.fireErrorCaught(error)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            // Nobody behind this learns of it: they would close the connection before it is found out what the client has had.
            connections.left(context.channel)
            connections.end(context.channel)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Tells ``OpenConnections`` when a response's end is in the kernel's hands, and when its client has had it.
///
/// `@unchecked Sendable`: NIO calls a handler on its connection's event loop only, and what runs later there reaches it by
/// `NIOLoopBound`, which checks that.
private final class ExchangeWatcher: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a connection stays open behind a response before that proves that the client has had it.
    private static let grace = TimeAmount.seconds(5)

    private let connections: OpenConnections
    /// How many requests have no whole response yet.
    private var unanswered = 0
    /// Whether the next request was on its way already when the last response was written.
    private var isAhead = false
    /// How many responses were written that somebody asks about.
    private var written = 0

    init(_ connections: OpenConnections) { self.connections = connections }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) {
            // A request that was sent without waiting proves nothing.
            if unanswered == 0, !isAhead { connections.hasRead(context.channel) }
            isAhead = false
            unanswered += 1
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        unanswered = max(0, unanswered - 1)
        guard let written = connections.takeWritten(context.channel) else {
            return context.write(data, promise: promise)
        }
        let (end, bound) = (
            promise ?? context.eventLoop.makePromise(of: Void.self),
            NIOLoopBound((self, context.channel), eventLoop: context.eventLoop)
        )
        end.futureResult.whenSuccess {
            let (watcher, channel) = bound.value
            watcher.isAhead = OpenConnections.withDescriptor(of: channel) { SystemSocket.hasInput($0) } ?? false
            written()
            watcher.written += 1
            let number = watcher.written
            channel.eventLoop.scheduleTask(in: ExchangeWatcher.grace) {
                let (watcher, channel) = bound.value
                if watcher.written == number { watcher.connections.hasRead(channel) }
            }
        }
        context.write(data, promise: end)
    }
}
