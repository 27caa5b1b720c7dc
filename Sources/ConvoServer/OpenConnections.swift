import ConvoPlatform
package import NIOCore
import NIOHTTP1
import Synchronization

/// The connections that clients hold open, so that a request learns when its client leaves and a stopping server can
/// hang up.
package final class OpenConnections: Sendable {
    /// Makes a set of no connections.
    package init() {}

    private struct Connection {
        let channel: any Channel
        var watchers: [Int: @Sendable () -> Void] = [:]
        /// Whether the connection has failed, so that the last response may not have arrived.
        var isBroken = false
        var endings: [@Sendable (Bool) -> Void] = []
        /// Called when the response that is being written is in the kernel's hands.
        var written: (@Sendable () -> Void)?
    }
    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var nextWatch = 0
        var isHungUp = false
    }

    /// The registration of an action, which ``forget(_:)`` removes.
    struct Watch: Sendable {
        fileprivate let connection: ObjectIdentifier
        fileprivate let number: Int
    }

    private let state = Mutex(State())

    /// Notes that an error ended the connection; asked for with ``isBroken(_:)`` by what ``whenClosed(_:do:)`` calls.
    func broke(_ channel: any Channel) {
        state.withLock { $0.connections[ObjectIdentifier(channel)]?.isBroken = true }
    }

    func opened(_ channel: any Channel) {
        let isLate = state.withLock { state in
            state.connections[ObjectIdentifier(channel)] = Connection(channel: channel)
            return state.isHungUp
        }
        if isLate { channel.close(promise: nil) }
    }

    func closed(_ channel: any Channel) {
        let connection = state.withLock { $0.connections.removeValue(forKey: ObjectIdentifier(channel)) }
        for watcher in connection?.watchers.values.map({ $0 }) ?? [] { watcher() }
        guard let connection else { return }
        for watcher in connection.endings { watcher(connection.isBroken) }
    }

    /// Calls an action when the connection has ended, with whether an error has ended it; at once if it is not open.
    func whenEnded(_ channel: any Channel, do action: @escaping @Sendable (_ isBroken: Bool) -> Void) {
        let isOpen = state.withLock { state in
            state.connections[ObjectIdentifier(channel)]?.endings.append(action) != nil
        }
        if !isOpen { action(true) }
    }

    /// Calls an action when the response that is written next over a connection is whole in the kernel's hands.
    ///
    /// - Parameters:
    ///   - channel: the client's connection.
    ///   - action: called on the connection's event loop, before what the client does next is noticed; not called where the
    ///     response does not get that far.
    func whenWritten(_ channel: any Channel, do action: @escaping @Sendable () -> Void) {
        state.withLock { $0.connections[ObjectIdentifier(channel)]?.written = action }
    }

    fileprivate func takeWritten(_ channel: any Channel) -> (@Sendable () -> Void)? {
        state.withLock { state in
            defer { state.connections[ObjectIdentifier(channel)]?.written = nil }
            return state.connections[ObjectIdentifier(channel)]?.written
        }
    }

    /// Whether a connection's client may not have had what was written; also where it is not open any more.
    func isBroken(_ channel: any Channel) async -> Bool {
        let found = channel.eventLoop.submit { OpenConnections.isBroken(channel) }
        return (try? await found.get()) ?? true
    }

    /// The same, on the connection's event loop.
    fileprivate static func isBroken(_ channel: any Channel) -> Bool {
        let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard channel.isActive, waiting ?? 0 == 0 else { return true }
        let peer = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            SystemSocket.peer(of: $0)
        }
        return peer.flatMap(\.self) ?? .broke == .broke
    }

    /// How many connections are open.
    package var count: Int { state.withLock { $0.connections.count } }

    /// Calls an action once when the client leaves, or at once if it has left already.
    ///
    /// - Parameters:
    ///   - channel: the client's connection.
    ///   - action: called on the connection's event loop, or on the caller's thread; must not block.
    /// - Returns: the registration, to be removed with ``forget(_:)``; `nil` where the connection is not open.
    func whenClosed(_ channel: any Channel, do action: @escaping @Sendable () -> Void) -> Watch? {
        let watch = state.withLock { state -> Watch? in
            let id = ObjectIdentifier(channel)
            guard state.connections[id] != nil else { return nil }
            state.nextWatch += 1
            state.connections[id]?.watchers[state.nextWatch] = action
            return Watch(connection: id, number: state.nextWatch)
        }
        if watch == nil, !channel.isActive, channel.remoteAddress != nil { action() }
        return watch
    }

    /// Removes the registration of an action, which is then not called any more.
    func forget(_ watch: Watch?) {
        guard let watch else { return }
        _ = state.withLock { $0.connections[watch.connection]?.watchers.removeValue(forKey: watch.number) }
    }

    /// Closes the connection with a TCP reset, so that the client sees an error in place of a response.
    func reset(_ channel: any Channel) async {
        guard state.withLock({ $0.connections[ObjectIdentifier(channel)] != nil }) else { return }
        // A linger time of zero makes close() send RST and drop what is not yet sent, man 7 socket.
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close().get()
    }

    /// Closes all connections, and from now on each new one as soon as it is opened.
    package func hangUp() {
        let channels = state.withLock { state in
            state.isHungUp = true
            return state.connections.values.map(\.channel)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}

/// One client's connection, as a service knows it.
package struct ClientConnection: Sendable, Hashable {
    private let identity: ObjectIdentifier
    private let look: @Sendable () async -> Bool
    private let observe: @Sendable (@escaping @Sendable (_ isBroken: Bool) -> Void) -> Void

    init(_ channel: any Channel, _ connections: OpenConnections) {
        self.init(channel) {
            await connections.isBroken(channel)
        } observe: {
            connections.whenEnded(channel, do: $0)
        }
    }

    /// Makes a connection that a simulation ends.
    ///
    /// - Parameters:
    ///   - connection: its identity, which lives as long as the connection does.
    ///   - look: tells whether the connection is broken.
    ///   - observe: registers what is called once when it has ended.
    package init(
        _ connection: AnyObject, look: @escaping @Sendable () async -> Bool,
        observe: @escaping @Sendable (@escaping @Sendable (_ isBroken: Bool) -> Void) -> Void
    ) {
        (identity, self.look, self.observe) = (ObjectIdentifier(connection), look, observe)
    }

    /// Whether the client may not have had what was written, because the connection has failed, or the client has closed it before
    /// or without reading; as the kernel knows it now, which is before ``whenEnded(_:)`` tells it.
    package var isBroken: Bool { get async { await look() } }

    /// Calls an action once when the connection has ended, at once if it is not open any more.
    ///
    /// - Parameter action: gets `true` if an error has ended it, so that the client may not have had the last response.
    package func whenEnded(_ action: @escaping @Sendable (_ isBroken: Bool) -> Void) { observe(action) }

    /// Whether both are the same connection.
    package static func == (one: ClientConnection, other: ClientConnection) -> Bool { one.identity == other.identity }
    /// Hashes the connection's identity.
    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

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
            try? pipeline.addHandler(ResponseWatcher(connections), position: .after(decoder))
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
            // A client that has given up closes the connection, too, perhaps just before the answer came.
            if OpenConnections.isBroken(context.channel) {
                connections.broke(context.channel)
            }
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Tells ``OpenConnections`` when a response's end is in the kernel's hands.
private final class ResponseWatcher: ChannelOutboundHandler, RemovableChannelHandler, Sendable {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let connections: OpenConnections

    init(_ connections: OpenConnections) { self.connections = connections }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var promise = promise
        if case .end = unwrapOutboundIn(data), let written = connections.takeWritten(context.channel) {
            let end = promise ?? context.eventLoop.makePromise(of: Void.self)
            end.futureResult.whenSuccess(written)
            promise = end
        }
        context.write(data, promise: promise)
    }
}
