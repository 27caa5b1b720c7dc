/// Decides when a fault strikes; the same seed and the same requests give the same faults.
struct FaultScheduler: Sendable {
    private var state: UInt64
    private var counts: [Fault: Int] = [:]

    init(seed: UInt64) { state = seed }

    /// - Parameter rate: one that may strike this request; a `next` counts down.
    mutating func strikes(_ fault: Fault, _ rate: inout FaultRate) -> Bool {
        switch rate.frequency {
        case .never: return false
        case .next(let count):
            rate.frequency = count > 1 ? .next(count - 1) : .never
            return true
        case .every(let period):
            counts[fault, default: 0] += 1
            return counts[fault, default: 0] % period == 0
        case .probability(let value):
            return Double(next() >> 11) * 0x1p-53 < value
        }
    }

    /// The faults of one request, in the order of ``Fault``.
    mutating func draw(for operation: Operation, _ switches: inout Switches) -> FaultPlan {
        var plan = FaultPlan()
        if operation.isRead, switches.faultScope == .writes { return plan }
        for fault in Fault.allCases {
            guard var rate = switches.faults[fault], rate.mayStrike(operation), fault.appliesTo(operation) else {
                continue
            }
            if fault.stage == .answer, plan.answer != nil { continue }
            if fault.stage == .storage, plan.storage != nil { continue }
            if strikes(fault, &rate) { plan.struck.append(fault) }
            switches.faults[fault] = rate
        }
        return plan
    }

    /// SplitMix64, prng.di.unimi.it/splitmix64.c
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
