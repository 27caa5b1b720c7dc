/// How often a fault strikes, and which requests: `0.2`, `every-5`, `next-1`, each with `:OPERATIONS` behind it where
/// not all are meant (`every-2:list,get`, `next-1:writes`).
public struct FaultRate: Hashable, Sendable, CustomStringConvertible {
    public enum Frequency: Hashable, Sendable {
        case never
        /// One request in so many, drawn by the seed.
        case probability(Double)
        /// Each request whose number divides by this.
        case every(Int)
        /// The next so many requests, then none.
        case next(Int)
    }

    public enum Target: Hashable, Sendable {
        case reads
        case writes
        case operation(Operation)

        func includes(_ operation: Operation) -> Bool {
            switch self {
            case .reads: operation.isRead
            case .writes: !operation.isRead
            case .operation(let wanted): operation == wanted
            }
        }
    }

    public static let never = FaultRate(.never)

    public internal(set) var frequency: Frequency
    /// Empty: all requests.
    public let targets: [Target]

    public init(_ frequency: Frequency, targets: [Target] = []) {
        self.frequency = frequency
        self.targets = targets
    }

    /// `nil` for a text that is none.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let frequency = Frequency(String(first)) else { return nil }
        self.init(frequency)
        guard parts.count == 2 else { return }
        let targets = parts[1].split(separator: ",", omittingEmptySubsequences: false).map { Target(String($0)) }
        guard !targets.contains(nil) else { return nil }
        self.init(frequency, targets: targets.compactMap { $0 })
    }

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

    public var description: String {
        switch self {
        case .reads: "reads"
        case .writes: "writes"
        case .operation(let operation): operation.rawValue
        }
    }
}
