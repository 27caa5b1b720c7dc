package import SeededRandom

extension SplitMix64 {
    /// A span between the two, to the microsecond.
    package mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        .microseconds(int(in: Int(range.lowerBound.microseconds)...Int(range.upperBound.microseconds)))
    }
}
