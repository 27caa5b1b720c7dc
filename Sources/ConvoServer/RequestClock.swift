import NIOCore
import NIOHTTP1

/// Closes a connection whose request does not arrive in time, however steadily its client trickles bytes, or on which nothing
/// happens; and tells a client that waits for it to go on with its body.
///
/// `@unchecked Sendable`: NIO calls a handler on its connection's event loop only, and the timer reaches it by `NIOLoopBound`, which
/// checks that.
final class RequestClock: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = NIOAny

    private let limits: LocalServerLimits
    private let ready: ReadyHandler
    private var time: RequestTime
    /// What looks at the time, and when.
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?

    /// - Parameters:
    ///   - limits: how long a client may take.
    ///   - ready: is put behind the observer of the requests' parts.
    init(_ limits: LocalServerLimits, _ ready: ReadyHandler) {
        (self.limits, self.ready) = (limits, ready)
        time = RequestTime(limits, at: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let (pipeline, observer) = (context.pipeline.syncOperations, PartObserver(self))
        watch(context)
        // Where the decoder is missing, no request is seen, and the idle time bounds the connection.
        try? pipeline.addHandler(ByteCounter(self), position: .first)
        if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self) {
            try? pipeline.addHandler(observer, position: .after(decoder))
            try? pipeline.addHandler(ready, position: .after(observer))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    private func stop() {
        timer?.task.cancel()
        timer = nil
    }

    /// Sees to it that somebody looks when the time is over; a timer that looks sooner stays, so that most requests set none.
    private func watch(_ context: ChannelHandlerContext) {
        guard let deadline = time.deadline else { return }
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (clock, context) = bound.value
            clock.timer = nil
            if let deadline = clock.time.deadline, deadline <= .now() { return context.close(promise: nil) }
            clock.watch(context)
        }
        timer = (task, deadline)
    }

    /// Counts the bytes as they come, before they are parsed.
    private final class ByteCounter: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        private let clock: RequestClock
        init(_ clock: RequestClock) { self.clock = clock }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            clock.time.came(unwrapInboundIn(data).readableBytes, at: .now())
            clock.watch(context)
            context.fireChannelRead(data)
        }
    }

    /// Sees where requests and responses end.
    private final class PartObserver: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        typealias OutboundIn = HTTPServerResponsePart
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
                clock.time.headCame()
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
            case .end: clock.time.requestEnded()
            }
            context.fireChannelRead(data)
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if case .end = unwrapOutboundIn(data) {
                clock.time.responseEnded(at: .now())
                clock.watch(context)
            }
            context.write(data, promise: promise)
        }
    }
}

/// Until when a client has to send something, decided by what has happened on its connection.
struct RequestTime: Sendable {
    private let limits: LocalServerLimits
    /// When the request that is on its way began; `nil` if none is.
    private var began: NIODeadline?
    private var hasHead = false
    private var bytes = 0
    /// How many requests have no whole response yet.
    private var unanswered = 0
    /// When a byte came, or a response ended.
    private var last: NIODeadline

    init(_ limits: LocalServerLimits, at now: NIODeadline) { (self.limits, last) = (limits, now) }

    mutating func came(_ count: Int, at now: NIODeadline) {
        last = now
        if began == nil { (began, bytes, hasHead) = (now, 0, false) }
        bytes += count
    }

    mutating func headCame() {
        hasHead = true
        unanswered += 1
    }

    mutating func requestEnded() { began = nil }

    mutating func responseEnded(at now: NIODeadline) {
        last = now
        unanswered = max(0, unanswered - 1)
    }

    /// The moment at which the client has taken too long; `nil` while it waits for a response.
    var deadline: NIODeadline? {
        let quiet = last + TimeAmount(limits.idle)
        guard let began else { return unanswered == 0 ? quiet : nil }
        let allowed =
            hasHead ? limits.requestTime + .seconds(bytes / max(1, limits.bytesPerSecond)) : limits.headTime
        return min(quiet, began + TimeAmount(allowed))
    }
}
