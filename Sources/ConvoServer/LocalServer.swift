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
    private let ready: ReadyResponse.Finder
    private let limits: LocalServerLimits
    private let connections: OpenConnections

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - responder: answers the requests; called on Swift's concurrency pool, where it may wait for the disk.
    ///   - ready: is asked before, on the connection's event loop, which it must not block.
    ///   - limits: what a client may take.
    ///   - connections: where the open connections are noted.
    package init(
        responder: Responder, ready: @escaping ReadyResponse.Finder = { _ in nil },
        limits: LocalServerLimits = LocalServerLimits(), connections: OpenConnections
    ) {
        (self.responder, self.ready, self.limits, self.connections) = (responder, ready, limits, connections)
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
        let (responder, ready, limits, connections) = (responder, ready, limits, connections)
        var logger = Logger(label: "convo.endpoint")
        logger.logLevel = .critical
        return HTTP1Channel(
            responder: { [logger] request, writer, channel in
                let response: Response
                do {
                    let source = ApplicationRequestContextSource(channel: channel, logger: logger)
                    response = try await responder.respond(to: request, context: ExchangeContext(source: source))
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
                additionalChannelHandlers: [
                    // The watcher comes last: so it puts what looks at requests before what answers them.
                    RequestClock(limits, ReadyHandler(ready)), ConnectionWatcher(connections),
                ],
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

    /// Makes limits under which connections that say nothing leave descriptors to the rest of the process.
    ///
    /// - Parameter openFiles: how many descriptors the process may have; `nil` where that is not known: the default applies.
    package init(openFiles: Int?) {
        guard let openFiles else { return }
        // A request that passes to the server needs a second one.
        connections = min(
            connections, max(LocalServerLimits.leastConnections, (openFiles - LocalServerLimits.filesOfOthers) / 2))
    }

    /// The descriptors that everything else in the process may need.
    private static let filesOfOthers = 128
    /// The connections that there may be however few descriptors there are.
    private static let leastConnections = 8
}
