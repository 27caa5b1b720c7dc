public import ConvoJSON
import ConvoModel
import ConvoServer
import Dispatch
public import MistralEmulator

/// A sandbox that listens on a port of the loopback address, until ``stop()``.
///
/// ```swift
/// import ConvoSandbox
/// import MistralEmulator
///
/// let server = try await SandboxServer.start()
/// await server.sandbox.turn { $0.answerMilliseconds = 50 }
/// // Send requests to server.baseURL.
/// let appends = await server.sandbox.log.count(of: .append)
/// await server.stop()
/// ```
public struct SandboxServer: Sendable {
    /// The service behind the server: its switches, its log, its state.
    public let sandbox: Sandbox
    /// The TCP port on 127.0.0.1; never 0.
    public let port: Int
    private let task: Task<Void, any Error>

    /// The server's URL without a path and without a final slash: `http://127.0.0.1:PORT`.
    public var baseURL: String { "http://127.0.0.1:\(port)" }

    /// Starts a server and returns once it accepts connections.
    ///
    /// - Parameters:
    ///   - sandbox: the service to offer; `nil` makes one with the default switches and its state in memory.
    ///   - port: the port to listen on; 0 takes a free one.
    /// - Returns: the running server; ``stop()`` ends it.
    /// - Throws: the error that keeps the server from binding the port; `CancellationError` if the caller's task is
    ///   cancelled meanwhile.
    public static func start(
        _ sandbox: Sandbox? = nil, port: Int = 0
    ) async throws -> SandboxServer {
        let sandbox = try sandbox ?? Sandbox()
        let server = APIServer(service: sandbox) { SandboxControl(sandbox: sandbox).addRoutes(to: $0) }
        let (ports, running) = AsyncThrowingStream.makeStream(of: Int.self)
        // Cancelled by stop(), or below where the server does not start.
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

    /// Closes every connection, cancels the writes in flight as ``Sandbox/stop()`` does, and frees the port.
    public func stop() async {
        task.cancel()
        await sandbox.stop()
        _ = await task.result
    }

    /// Waits until the server has ended.
    ///
    /// - Throws: the error that ended the server.
    public func wait() async throws { try await task.value }
}

/// Runs an actor on a queue of its own, so that writing to the disk blocks no thread of the shared pool.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }
}

/// The requests that a sandbox received, for tests to read.
///
/// A request that is refused with 401, and one whose form the server refuses before it calls the service, is not in it.
public struct RequestLog: Hashable, Sendable {
    /// How many of the latest requests ``json`` holds one by one; the counts cover all of them.
    public static let limit = 1000
    /// The largest body in bytes that ``json`` holds; a larger one is `null` there.
    public static let bodyLimit = 16 << 10

    /// The number of requests by operation, refused ones included; an operation without a request is not a key.
    public private(set) var counts: [Operation: Int] = [:]
    /// The number of requests that each fault struck; a fault that struck none is not a key.
    public private(set) var faults: [Fault: Int] = [:]
    private var latest: [JSONText] = []

    /// The number of all requests.
    public var total: Int { counts.values.reduce(0, +) }
    /// The number of requests for an operation; a streamed write and one that is not streamed count apart.
    public func count(of operation: Operation) -> Int { counts[operation, default: 0] }
    /// The number of requests that a fault struck.
    public func count(of fault: Fault) -> Int { faults[fault, default: 0] }

    mutating func note(_ operation: Operation, _ id: RemoteID?, _ body: JSONText?, _ struck: [Fault]) {
        counts[operation, default: 0] += 1
        for fault in struck { faults[fault, default: 0] += 1 }
        latest.append(
            .object([
                "operation": .string(operation.rawValue), "conversation_id": .string(id?.rawValue),
                "faults": .array(struck.map { .string($0.rawValue) }),
                "body": body.flatMap { $0.text.utf8.count <= RequestLog.bodyLimit ? $0 : nil } ?? .null,
            ]))
        if latest.count > RequestLog.limit * 2 { latest.removeFirst(latest.count - RequestLog.limit) }
    }

    /// `{"total", "counts": {operation: count}, "faults": {fault: count}, "latest": […]}`, oldest request first; an
    /// operation or a fault that did not occur has the count 0.
    public var json: JSONText {
        .object([
            "total": .int(total),
            "counts": .object(Operation.allCases.map { ($0.rawValue, .int(count(of: $0))) }),
            "faults": .object(Fault.allCases.map { ($0.rawValue, .int(count(of: $0))) }),
            "latest": .array(latest.suffix(RequestLog.limit)),
        ])
    }
}
