public import ConvoModel

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
