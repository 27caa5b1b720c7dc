/// A small random number generator whose numbers all follow from its seed.
///
/// Source of the constants: "Fast Splittable Pseudorandom Number Generators", Steele, Lea and Flood, OOPSLA 2014.
package struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Makes a generator of its own for one purpose, so that a further draw from one changes no draw from the other.
    package mutating func split() -> SplitMix64 { SplitMix64(seed: next()) }

    /// Draws a number from 0 up to, and not including, 1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Draws `true` `perMille` times in a thousand.
    package mutating func chance(perMille: Int) -> Bool { Int(next() % 1000) < perMille }

    /// Draws a whole number from the range.
    ///
    /// The remainder's bias is far below what a simulation could notice.
    package mutating func int(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// Draws one of the elements; `nil` if there are none.
    package mutating func element<Element>(of elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[int(in: 0...elements.count - 1)]
    }
}
