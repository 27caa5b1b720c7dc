// SeededRandom serves other tests too, which draw no spans of time.

package import SeededRandom

extension SplitMix64 {
    /// Draws a span from the range, in whole microseconds.
    package mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        .microseconds(int(in: Int(range.lowerBound.microseconds)...Int(range.upperBound.microseconds)))
    }
}
