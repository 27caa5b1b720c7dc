import Foundation

/// A small generator whose seed replays a run. Source: "Fast splittable pseudorandom number generators", Steele, Lea
/// and Flood, 2014.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// How often a test with random inputs repeats: CONVO_FUZZ_ITERATIONS, or its own number.
enum Iterations {
    static func count(standard: Int) -> Int {
        ProcessInfo.processInfo.environment["CONVO_FUZZ_ITERATIONS"].flatMap { Int($0) } ?? standard
    }
}
