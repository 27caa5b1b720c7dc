/// Decides when a fault strikes; the same seed and the same requests give the same faults.
struct Dice: Sendable {
    private var state: UInt64
    private var counts: [Fault: Int] = [:]

    init(seed: UInt64) { state = seed }

    mutating func strikes(_ fault: Fault, _ chance: Chance) -> Bool {
        switch chance {
        case .never: return false
        case .every(let period):
            counts[fault, default: 0] += 1
            return counts[fault, default: 0] % period == 0
        case .probability(let value):
            return Double(next() >> 11) * 0x1p-53 < value
        }
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
