import NIOCore

/// One client's connection, as a service knows it.
package struct ClientConnection: Sendable, Hashable {
    private let identity: ObjectIdentifier
    private let look: @Sendable () async -> Bool
    private let observe: @Sendable (@escaping @Sendable (Event) -> Void) -> Void

    /// Something that the server finds out about a client.
    package enum Event: Sendable, Hashable {
        /// It has had everything that was written: it has sent another request since, or has kept the connection open for long.
        case read
        /// The connection has ended; broken where the client may not have had everything.
        case ended(isBroken: Bool)
    }

    init(_ channel: any Channel, _ connections: OpenConnections) {
        self.init(channel) {
            await connections.isBroken(channel)
        } observe: {
            connections.observe(channel, $0)
        }
    }

    /// Makes a connection that a simulation ends.
    ///
    /// - Parameters:
    ///   - connection: its identity, which lives as long as the connection does.
    ///   - look: tells whether the connection is broken.
    ///   - observe: registers what is called with each event.
    package init(
        _ connection: AnyObject, look: @escaping @Sendable () async -> Bool,
        observe: @escaping @Sendable (@escaping @Sendable (Event) -> Void) -> Void
    ) {
        (identity, self.look, self.observe) = (ObjectIdentifier(connection), look, observe)
    }

    /// Whether the client may not have had what was written, because the connection has failed, or the client has closed it before
    /// or without reading; as the kernel knows it now, which is before an event tells it.
    package var isBroken: Bool { get async { await look() } }

    /// Calls an action with each event from now on, at once with a broken end if the connection is not open any more.
    package func observe(_ action: @escaping @Sendable (Event) -> Void) { observe(action) }

    /// Whether both are the same connection.
    package static func == (one: ClientConnection, other: ClientConnection) -> Bool { one.identity == other.identity }
    /// Hashes the connection's identity.
    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}
