#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The same numbers for the same seed.
struct SplitMix64: RandomNumberGenerator {
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

/// How often a property is tried: few times by default, many where `CONVO_TEST_ROUNDS` multiplies it.
func rounds(_ count: Int) -> Int {
    count * (getenv("CONVO_TEST_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1)
}
