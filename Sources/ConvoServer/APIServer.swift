public import Hummingbird
import Logging
import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The API on a socket of this machine.
///
/// It listens on the loopback address only: what stands behind it is for this machine's own programs.
public struct APIServer: Sendable {
    private let connections = OpenConnections()
    private let responder: RouterResponder<ExchangeContext>

    /// - Parameter adding: further routes of the service's own, outside of `/v1`.
    public init(
        service: any ConversationsService,
        adding routes: (Router<ExchangeContext>) -> Void = { _ in }
    ) {
        let router = Router(context: ExchangeContext.self)
        router.add(middleware: RouteErrors())
        ConversationsResponder(service: service, connections: connections).addRoutes(to: router)
        routes(router)
        responder = router.buildResponder()
    }

    /// The server as Hummingbird runs it, for tests without a socket.
    public func application(
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

    /// Serves until the task is cancelled; then hangs up on every client.
    ///
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - onRunning: told the port once connections are accepted.
    /// - Throws: whatever keeps the port from being bound.
    public func run(port: Int, onRunning: @escaping @Sendable (_ port: Int) async -> Void) async throws {
        let application = application(port: port, onRunning: onRunning)
        try await withTaskCancellationHandler {
            try await application.run()
        } onCancel: {
            connections.hangUp()
        }
    }
}

/// What a request carries through the server: its connection and its name.
public struct ExchangeContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let correlationID: String
    /// The same in 32 digits, as the router's errors have it.
    let requestID: String
    let arrival: ContinuousClock.Instant

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        let name = UUIDv7(microseconds: WallClock.microseconds())
        (correlationID, requestID) = (name.dashed, name.hex)
        arrival = .now
    }
}

/// The time of day in the server's unit.
public enum WallClock {
    /// Microseconds since 1970.
    public static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
