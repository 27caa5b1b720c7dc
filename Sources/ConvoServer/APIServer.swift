import ConvoPlatform
package import Hummingbird
import Logging
import NIOCore

/// An HTTP server that offers a service's operations under the API's paths.
///
/// It listens on the loopback address only, so that no other machine reaches the service.
package struct APIServer: Sendable {
    private let connections = OpenConnections()
    private let responder: RouterResponder<ExchangeContext>

    /// What stands between the server and its clients, as the responses show it.
    package enum Gateway: Sendable {
        /// The API's gateway is emulated: its ids, its rate limits, its 404 for a path that leads to no service.
        case emulated
        /// Nothing: the responses have the headers that the service gives.
        case none
    }

    /// Makes a server; it does not listen before ``run(port:onRunning:)``.
    ///
    /// - Parameters:
    ///   - service: carries out the operations.
    ///   - routes: adds further routes of the service's own, outside of `/v1`.
    package init(
        service: some AccountService,
        adding routes: (Router<ExchangeContext>) -> Void = { _ in }
    ) {
        let router = Router(context: ExchangeContext.self)
        router.add(middleware: RouteErrors())
        let responder = ConversationsResponder(service: service, connections: connections, gateway: .emulated)
        responder.addRoutes(to: router)
        responder.addAccountRoutes(to: router)
        routes(router)
        self.responder = router.buildResponder()
    }

    /// Adds the routes of a service's conversations to a router, for a server that claims to be no gateway.
    ///
    /// - Parameters:
    ///   - service: carries out the operations.
    ///   - router: where the routes are added.
    ///   - connections: tells when a client leaves.
    package static func addConversations(
        of service: some ConversationsService, to router: Router<ExchangeContext>, _ connections: OpenConnections
    ) {
        ConversationsResponder(service: service, connections: connections, gateway: .none).addRoutes(to: router)
    }

    /// Makes the Hummingbird application that serves the routes; a test can call it without a socket.
    ///
    /// - Parameters:
    ///   - port: the port to listen on; 0 takes a free one.
    ///   - onRunning: called with the port once the application accepts connections.
    /// - Returns: the application, which does not run yet.
    package func application(
        port: Int = 0, onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        var logger = Logger(label: "convo.server")
        logger.logLevel = .critical
        let connections = connections
        return Application(
            responder: responder,
            server: .http1(configuration: .init(additionalChannelHandlers: [ConnectionWatcher(connections)])),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
    }

    /// Serves until the task is cancelled, then closes every connection and returns.
    ///
    /// - Parameters:
    ///   - port: the port to listen on; 0 takes a free one.
    ///   - onRunning: called with the port once the server accepts connections.
    /// - Throws: the error that keeps the server from binding the port.
    package func run(port: Int, onRunning: @escaping @Sendable (_ port: Int) async -> Void) async throws {
        let application = application(port: port, onRunning: onRunning)
        try await withTaskCancellationHandler {
            try await application.run()
        } onCancel: {
            connections.hangUp()
        }
    }
}

/// The context of one request: its connection, its ids and the time of its arrival.
package struct ExchangeContext: RequestContext {
    /// Hummingbird's own part of the context, with the parameters of the path.
    package var coreContext: CoreRequestContextStorage
    let channel: any Channel
    private let id = RequestID()
    let arrival: ContinuousClock.Instant

    /// Gives the request a new id and notes the time.
    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        arrival = .now
    }

    /// The id of the request as a dashed UUID, for the headers of the response.
    var correlationID: String { id.groups.joined(separator: "-") }
    /// The same id in 32 digits, for the body of the router's errors.
    var requestID: String { id.groups.joined() }
}

/// A random UUID of version 4 (RFC 9562), whose text is made where it is needed: most responses don't tell it.
private struct RequestID: Sendable {
    private let high = UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000
    private let low = UInt64.random(in: .min ... .max) & ~(3 << 62) | 2 << 62

    /// The digits in small letters, in the groups between which a dash stands.
    var groups: [Substring] {
        var rest = Substring(
            [high, low].map { half in
                let text = String(half, radix: 16)
                return String(repeating: "0", count: 16 - text.utf8.count) + text
            }.joined())
        return [8, 4, 4, 4, 12].map { length in
            defer { rest = rest.dropFirst(length) }
            return rest.prefix(length)
        }
    }
}

/// The system's real-time clock, which may be set back.
package enum WallClock {
    /// The current time in microseconds since 1970.
    package static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
