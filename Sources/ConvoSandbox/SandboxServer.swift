import ConvoServer

/// A sandbox on a port of this machine's loopback address, for as long as it is wanted.
///
/// ```swift
/// let server = try await SandboxServer.start()
/// defer { … await server.stop() }
/// // ask server.baseURL; look at await server.sandbox.log; turn await server.sandbox.turn { $0.answerMilliseconds = 50 }
/// ```
public struct SandboxServer: Sendable {
    public let sandbox: Sandbox
    public let port: Int
    private let task: Task<Void, any Error>

    public var baseURL: String { "http://127.0.0.1:\(port)" }

    /// Returns once connections are accepted.
    ///
    /// - Parameter port: 0 takes a free one.
    /// - Throws: whatever keeps the port from being bound; ``JournalError`` where a sandbox had to be made.
    public static func start(
        _ sandbox: Sandbox? = nil, port: Int = 0
    ) async throws -> SandboxServer {
        let sandbox = try sandbox ?? Sandbox()
        let server = APIServer(service: sandbox) { SandboxControl(sandbox: sandbox).addRoutes(to: $0) }
        let (ports, running) = AsyncThrowingStream.makeStream(of: Int.self)
        // Cancelled by stop(), or here where it does not come up.
        let task = Task {
            do {
                try await server.run(port: port) { running.yield($0) }
                running.finish()
            } catch {
                running.finish(throwing: error)
                throw error
            }
        }
        do {
            for try await port in ports {
                let server = SandboxServer(sandbox: sandbox, port: port, task: task)
                await sandbox.listen(at: server.baseURL)
                return server
            }
        } catch {
            task.cancel()
            throw error
        }
        task.cancel()
        throw CancellationError()
    }

    /// Hangs up on every client, drops what is in flight as a crash would, and frees the port.
    public func stop() async {
        task.cancel()
        await sandbox.stop()
        _ = await task.result
    }

    /// Returns when the server has ended.
    public func wait() async throws { try await task.value }
}
