public import ConvoModel
import ConvoServer
import Dispatch

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

/// Runs an actor on a queue of its own, so that waiting for the disk takes no thread from the shared pool.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }
}

/// Why a file of conversations is not taken in.
public struct LoadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The record's place in the array, `nil` for the whole.
    public let index: Int?
    public let reason: String

    public var description: String {
        index.map { "record \($0): \(reason)" } ?? "conversations to load: \(reason)"
    }
}

/// What was asked of the sandbox since it started, for tests to read.
public struct RequestLog: Hashable, Sendable {
    /// The last requests that are kept one by one; the counts go on.
    public static let limit = 1000
    /// A longer body is left out of the log, as `null`.
    public static let bodyLimit = 16 << 10

    public private(set) var counts: [Operation: Int] = [:]
    public private(set) var faults: [Fault: Int] = [:]
    private var latest: [JSONText] = []

    public var total: Int { counts.values.reduce(0, +) }
    public func count(of operation: Operation) -> Int { counts[operation, default: 0] }
    public func count(of fault: Fault) -> Int { faults[fault, default: 0] }

    mutating func note(_ operation: Operation, _ id: RemoteID?, _ body: JSONText?, _ plan: FaultPlan) {
        counts[operation, default: 0] += 1
        for fault in plan.struck { faults[fault, default: 0] += 1 }
        latest.append(
            .object([
                "operation": .string(operation.rawValue), "conversation_id": .string(id?.rawValue),
                "faults": .array(plan.struck.map { .string($0.rawValue) }),
                "body": body.flatMap { $0.text.utf8.count <= RequestLog.bodyLimit ? $0 : nil } ?? .null,
            ]))
        if latest.count > RequestLog.limit * 2 { latest.removeFirst(latest.count - RequestLog.limit) }
    }

    /// `{"total", "counts": {operation: count}, "faults": {fault: count}, "latest": […]}`, with a zero for what did
    /// not happen.
    public var json: JSONText {
        .object([
            "total": .int(total),
            "counts": .object(Operation.allCases.map { ($0.rawValue, .int(count(of: $0))) }),
            "faults": .object(Fault.allCases.map { ($0.rawValue, .int(count(of: $0))) }),
            "latest": .array(latest.suffix(RequestLog.limit)),
        ])
    }
}
