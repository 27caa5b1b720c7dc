import ConvoServer
import Hummingbird

/// The local endpoint: the API's paths on a socket of this machine.
package struct Endpoint: Sendable {
    private let connections = OpenConnections()
    private let server: LocalServer<RouterResponder<ExchangeContext>>

    /// Makes an endpoint, which does not listen yet.
    ///
    /// - Parameters:
    ///   - backend: the store and the engine.
    ///   - upstream: the server that everything else passes on to.
    ///   - openFiles: how many descriptors the process may have, of which clients get a part; `nil` where that is not known.
    ///   - token: the token that a client has to send; read for each request. `nil` admits nobody.
    package init(
        backend: EndpointBackend, upstream: Upstream, openFiles: Int? = nil,
        token: @escaping @Sendable () -> String?
    ) {
        let admission = { @Sendable in EndpointAdmission(token: token()) }
        let service = EndpointService(backend: backend, upstream: upstream)
        let router = Router(context: ExchangeContext.self)
        router.add(middleware: EndpointGate(admission: admission, upstream: upstream))
        APIServer.addConversations(of: service, to: router, connections)
        let ready = ReadyResponder(admission: admission, service: service)
        server = LocalServer(
            responder: router.buildResponder(), ready: { ready.response(to: $0) },
            limits: LocalServerLimits(openFiles: openFiles),
            connections: connections)
    }

    /// How many connections are open.
    package var connectionCount: Int { connections.count }

    /// Serves until the task is cancelled, then closes every connection and returns.
    ///
    /// - Parameters:
    ///   - descriptor: a socket that listens; the endpoint closes it.
    ///   - user: whose processes may connect to a socket in the file system; `nil` for a port.
    /// - Throws: the error that keeps the endpoint from using the socket.
    package func run(on descriptor: Int32, for user: UInt32?) async throws {
        try await server.run(on: descriptor, for: user)
    }
}
