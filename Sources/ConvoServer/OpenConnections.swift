import ConvoPlatform
import NIOCore
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
        var observers: [@Sendable (ClientConnection.Event) -> Void] = []
        /// Whether the client has not had everything, once it has closed its side and that is being found out.
        var ending: EventLoopPromise<Bool>?
        /// Whether that was found out.
        var isDecided = false
        /// Whether its socket was asked by ``SystemSocket/probe(_:)``: a reset says that there is none any more.
        var isProbed = false
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
        guard let connection else { return }
        for watcher in connection.watchers.values { watcher() }
        // A reset comes behind the end of the input, too, before anything is found out.
        let isUndecided = connection.ending != nil && !connection.isDecided
        let isBroken = isUndecided ? !connection.isProbed : connection.isBroken
        connection.ending?.succeed(isBroken)  // without effect where it is decided
        for observer in connection.observers { observer(.ended(isBroken: isBroken)) }
    }

    /// Tells those who wait for the client to leave that it has closed its side.
    func left(_ channel: any Channel) {
        let watchers = state.withLock { state in
            defer { state.connections[ObjectIdentifier(channel)]?.watchers = [:] }
            return state.connections[ObjectIdentifier(channel)]?.watchers ?? [:]
        }
        for watcher in watchers.values { watcher() }
    }

    /// Calls an action with each event of a connection; at once with a broken end if it is not open.
    func observe(_ channel: any Channel, _ action: @escaping @Sendable (ClientConnection.Event) -> Void) {
        let isOpen = state.withLock { state in
            state.connections[ObjectIdentifier(channel)]?.observers.append(action) != nil
        }
        if !isOpen { action(.ended(isBroken: true)) }
    }

    /// Tells that the client has had all that was written, unless it has closed its side and that is being found out.
    func hasRead(_ channel: any Channel) {
        let connection = state.withLock { $0.connections[ObjectIdentifier(channel)] }
        guard let connection, connection.ending == nil else { return }
        for observer in connection.observers { observer(.read) }
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

    /// Takes the action that ``whenWritten(_:do:)`` has registered.
    func takeWritten(_ channel: any Channel) -> (@Sendable () -> Void)? {
        state.withLock { state in
            defer { state.connections[ObjectIdentifier(channel)]?.written = nil }
            return state.connections[ObjectIdentifier(channel)]?.written
        }
    }

    /// Whether a connection's client may not have had what was written; also where it is not open any more.
    func isBroken(_ channel: any Channel) async -> Bool {
        let found = channel.eventLoop.flatSubmit { [self] () -> EventLoopFuture<Bool> in
            // The probe's reset must not be taken for the client's.
            if let ending = state.withLock({ $0.connections[ObjectIdentifier(channel)]?.ending }) {
                return ending.futureResult
            }
            return switch OpenConnections.peer(channel) {
            case .holds: channel.eventLoop.makeSucceededFuture(false)
            case .broke: channel.eventLoop.makeSucceededFuture(true)
            case .closed: end(channel)
            }
        }
        return (try? await found.get()) ?? true
    }

    /// Asks the kernel what the client of a connection has done; called on the connection's event loop.
    private static func peer(_ channel: any Channel) -> SystemSocket.Peer {
        let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard channel.isActive, waiting ?? 0 == 0 else { return .broke }
        return withDescriptor(of: channel) { SystemSocket.peer(of: $0) } ?? .broke
    }

    /// Calls work with a connection's descriptor, on its event loop; `nil` where the connection has none.
    static func withDescriptor<Value>(of channel: any Channel, _ work: (Int32) -> Value) -> Value? {
        let found = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            work($0)
        }
        return found.flatMap(\.self)
    }

    /// The time in which a client that has closed its side closes its socket, too, and in which its kernel answers.
    private static let closing = (patience: TimeAmount.milliseconds(100), answer: TimeAmount.milliseconds(20))

    /// Finds out whether a client that has closed its side has had everything, then closes the connection; on its event loop.
    ///
    /// A client that closes its socket and has left something unread resets the connection. One that has only closed its side may
    /// still do so: it proves nothing.
    ///
    /// - Returns: whether the client may not have had everything.
    @discardableResult
    func end(_ channel: any Channel) -> EventLoopFuture<Bool> {
        let known = state.withLock { $0.connections[ObjectIdentifier(channel)] }
        guard let known else { return channel.eventLoop.makeSucceededFuture(true) }
        if let ending = known.ending { return ending.futureResult }
        guard !known.observers.isEmpty else {
            channel.close(promise: nil)
            return channel.eventLoop.makeSucceededFuture(true)
        }
        let ending = channel.eventLoop.makePromise(of: Bool.self)
        state.withLock { $0.connections[ObjectIdentifier(channel)]?.ending = ending }
        channel.eventLoop.scheduleTask(in: OpenConnections.closing.patience) { [self] in
            guard case .closed = OpenConnections.peer(channel) else { return ended(channel, ending, isBroken: true) }
            // Where both sides are closed, the client would have reset the connection with something left unread.
            guard OpenConnections.withDescriptor(of: channel, { SystemSocket.probe($0) }) == true else {
                return ended(channel, ending, isBroken: false)
            }
            state.withLock { $0.connections[ObjectIdentifier(channel)]?.isProbed = true }
            channel.eventLoop.scheduleTask(in: OpenConnections.closing.answer) { [self] in
                guard channel.isActive else { return }  // the reset has closed it
                // A reset: there is no socket any more, and none that was closed before it had read everything.
                if case .broke = OpenConnections.peer(channel) { return ended(channel, ending, isBroken: false) }
                ended(channel, ending, isBroken: true)
            }
        }
        return ending.futureResult
    }

    private func ended(_ channel: any Channel, _ ending: EventLoopPromise<Bool>, isBroken: Bool) {
        state.withLock { state in
            state.connections[ObjectIdentifier(channel)]?.isBroken = isBroken
            state.connections[ObjectIdentifier(channel)]?.isDecided = true
        }
        ending.succeed(isBroken)
        channel.close(promise: nil)
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
