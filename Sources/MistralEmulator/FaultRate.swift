/// How often a fault strikes, and which requests: `0.2`, `every-5` or `next-1`, followed by `:OPERATIONS` where it is
/// not to strike all of them (`every-2:list,get`, `next-1:writes`).
public struct FaultRate: Hashable, Sendable, CustomStringConvertible {
    /// How often a fault strikes the requests that it may strike.
    public enum Frequency: Hashable, Sendable {
        /// It strikes none.
        case never
        /// It strikes each request with this probability, over 0 and at most 1; ``Switches/seed`` decides which.
        case probability(Double)
        /// It strikes every Nth request.
        ///
        /// The number is at least 1.
        case every(Int)
        /// It strikes the next N requests, then none.
        ///
        /// The number is at least 1.
        case next(Int)
    }

    /// A kind of requests that a fault may strike.
    public enum Target: Hashable, Sendable {
        /// The operations that change nothing.
        case reads
        /// The operations that change something: those that the model answers, and deletions.
        case writes
        /// One operation.
        case operation(Operation)

        func includes(_ operation: Operation) -> Bool {
            switch self {
            case .reads: operation.isRead
            case .writes: !operation.isRead
            case .operation(let wanted): operation == wanted
            }
        }
    }

    /// The rate of a fault that strikes no request.
    public static let never = FaultRate(.never)

    /// How often the fault strikes; the ``FaultScheduler`` counts down ``Frequency/next(_:)``.
    public internal(set) var frequency: Frequency
    /// The requests that the fault may strike; empty: all.
    public let targets: [Target]

    /// Makes a rate of its parts, without a check of their numbers.
    public init(_ frequency: Frequency, targets: [Target] = []) {
        self.frequency = frequency
        self.targets = targets
    }

    /// Reads `FREQUENCY` or `FREQUENCY:TARGET,…`; `nil` for a text in another form.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let frequency = Frequency(String(first)) else { return nil }
        self.init(frequency)
        guard parts.count == 2 else { return }
        let targets = parts[1].split(separator: ",", omittingEmptySubsequences: false).map { Target(String($0)) }
        guard !targets.contains(nil) else { return nil }
        self.init(frequency, targets: targets.compactMap { $0 })
    }

    /// The text that ``init(_:)-(String)`` reads; `0` for a rate that never strikes, whatever its targets.
    public var description: String {
        if frequency == .never { return "0" }
        return frequency.description
            + (targets.isEmpty ? "" : ":" + targets.map(\.description).joined(separator: ","))
    }

    func mayStrike(_ operation: Operation) -> Bool {
        frequency != .never && (targets.isEmpty || targets.contains { $0.includes(operation) })
    }
}

extension FaultRate.Frequency: CustomStringConvertible {
    init?(_ text: String) {
        if let count = FaultRate.Frequency.count(in: text, after: "every-") {
            self = .every(count)
        } else if let count = FaultRate.Frequency.count(in: text, after: "next-") {
            self = .next(count)
        } else {
            guard let value = Double(text), (0...1).contains(value) else { return nil }
            self = value == 0 ? .never : .probability(value)
        }
    }

    private static func count(in text: String, after prefix: String) -> Int? {
        guard text.hasPrefix(prefix), let count = Int(text.dropFirst(prefix.count)), count > 0 else { return nil }
        return count
    }

    /// The frequency's part of a rate's text.
    public var description: String {
        switch self {
        case .never: "0"
        case .probability(let value): "\(value)"
        case .every(let count): "every-\(count)"
        case .next(let count): "next-\(count)"
        }
    }
}

extension FaultRate.Target: CustomStringConvertible {
    init?(_ text: String) {
        switch text {
        case "reads": self = .reads
        case "writes": self = .writes
        default:
            guard let operation = Operation(rawValue: text) else { return nil }
            self = .operation(operation)
        }
    }

    /// The target's part of a rate's text: `reads`, `writes` or the operation's name in the log.
    public var description: String {
        switch self {
        case .reads: "reads"
        case .writes: "writes"
        case .operation(let operation): operation.rawValue
        }
    }
}
