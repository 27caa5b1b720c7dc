/// Decides when a fault strikes; the same seed and the same requests give the same faults.
public struct FaultScheduler: Sendable {
    private var random: SeededGenerator
    private var counts: [Fault: Int] = [:]

    /// Makes a scheduler that has drawn nothing.
    public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Decides whether a fault strikes a request to which it applies.
    ///
    /// - Parameters:
    ///   - fault: the fault; each has a count of its own for ``FaultRate/Frequency/every(_:)``.
    ///   - rate: the fault's rate; ``FaultRate/Frequency/next(_:)`` counts down when it strikes.
    /// - Returns: whether it strikes.
    private mutating func strikes(_ fault: Fault, _ rate: inout FaultRate) -> Bool {
        switch rate.frequency {
        case .never: return false
        case .next(let count):
            rate.frequency = count > 1 ? .next(count - 1) : .never
            return true
        case .every(let period):
            counts[fault, default: 0] += 1
            return counts[fault, default: 0] % period == 0
        case .probability(let value):
            return Double(random.next() >> 11) * 0x1p-53 < value
        }
    }

    /// Draws the faults of one request, in the order of ``Fault``, and counts down the rates that have a number left.
    public mutating func draw(for operation: Operation, _ switches: inout Switches) -> RequestFaults {
        var faults = RequestFaults()
        if operation.isRead, switches.faultScope == .writes { return faults }
        for fault in Fault.allCases {
            guard var rate = switches.faults[fault], rate.mayStrike(operation), fault.appliesTo(operation) else {
                continue
            }
            if fault.stage == .answer, faults.answer != nil { continue }
            if fault.stage == .storage, faults.struck.contains(where: { $0.stage == .storage }) { continue }
            if strikes(fault, &rate) { faults.struck.append(fault) }
            switches.faults[fault] = rate
        }
        return faults
    }
}

/// The faults that strike one request, drawn before it begins.
public struct RequestFaults: Hashable, Sendable {
    /// The faults, in the order of ``Fault``.
    public internal(set) var struck: [Fault] = []

    /// Makes a request that no fault strikes.
    public init() {}

    /// The fault that replaces the answer; `nil` where none does.
    public var answer: Fault? { struck.first { $0.stage == .answer } }

    /// Whether a fault strikes the request.
    public func has(_ fault: Fault) -> Bool { struck.contains(fault) }

    /// The conditions that the faults make for the emulator's work on the request.
    public func conditions(_ switches: Switches) -> Conditions {
        var conditions = Conditions()
        if has(.stale) { conditions.age = .milliseconds(switches.replicaLagMilliseconds) }
        conditions.ignoresPage = has(.pageIgnored)
        conditions.oddItem = has(.oddItem) ? switches.oddShape : nil
        conditions.hidesMetadata = has(.withoutMetadata)
        conditions.hidesMost = has(.disappearance)
        conditions.storedText = InputAlteration(struck.first { $0.stage == .storage })
        return conditions
    }
}

/// The generator SplitMix64, prng.di.unimi.it/splitmix64.c: the same seed gives the same numbers.
struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
