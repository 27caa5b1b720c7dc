package import ConvoModel

/// A time zone: how far its clocks are ahead of UTC at each moment.
///
/// The days in a query are those of such a zone. It is a value made of two functions, so that a simulation or a test
/// can give the rules of any zone without the system's zone files, and without setting `TZ`.
package struct LocalTimeZone: Sendable {
    /// The zone's name as a person is told it: its IANA name (`Pacific/Auckland`), or what its clocks are called at the
    /// given moment (`NZDT (+13:00)`).
    package let name: @Sendable (Timestamp) -> String
    /// How far the zone's clocks are ahead of UTC, in seconds, negative in the west; the moment is given in seconds
    /// since 1970-01-01T00:00:00Z.
    ///
    /// An offset of more than 25 hours counts as 25 hours.
    package let offset: @Sendable (_ seconds: Int64) -> Int64

    /// Makes a zone of functions that may be called from any thread.
    package init(
        name: @escaping @Sendable (Timestamp) -> String, offset: @escaping @Sendable (_ seconds: Int64) -> Int64
    ) {
        self.name = name
        self.offset = offset
    }

    /// Coordinated Universal Time.
    package static let utc = LocalTimeZone(name: { _ in "UTC" }, offset: { _ in 0 })
}

extension LocalTimeZone {
    /// A day's length as clocks show it; a day of the zone may be shorter or longer.
    static let daySeconds: Int64 = 86_400
    private static let longestOffset: Int64 = 25 * 3600

    /// The day that the zone's calendars show at a moment, counted from 1970-01-01.
    func day(at moment: Timestamp) -> Int64 {
        let seconds = moment.microseconds.quotientAndRemainder(floored: 1_000_000).quotient
        return shown(at: seconds).quotientAndRemainder(floored: Self.daySeconds).quotient
    }

    /// The first moment of a day of the zone, which is counted from 1970-01-01, in seconds since 1970-01-01T00:00:00Z.
    ///
    /// It is no midnight where the clocks are set forward at midnight. For a day that the zone left out (Samoa had no
    /// 2011-12-30), it is the first moment of the next one.
    func firstMoment(ofDay day: Int64) -> Int64 { firstMoment(showing: day * Self.daySeconds) }

    /// The first moment at which the zone's clocks show this time or a later one.
    ///
    /// If the clocks show a time twice, the result is the first moment; if they leave it out, it is the moment at which
    /// they are set forward. The clocks may be set once within the 50 hours around that time.
    ///
    /// - Parameter seconds: what the clocks show, in seconds since they showed 1970-01-01 00:00:00.
    /// - Returns: the moment in seconds since 1970-01-01T00:00:00Z.
    func firstMoment(showing seconds: Int64) -> Int64 {
        var before = seconds - Self.longestOffset - 1
        var after = seconds + Self.longestOffset
        // If the clocks are not set between `before` and the time, or are set later, this is the moment.
        let expected = seconds - (shown(at: before) - before)
        if shown(at: expected) == seconds { return expected }
        // They are set in between. So from then on, the time is reached once: `before` it is not, `after` it is.
        while after - before > 1 {
            let middle = before + (after - before) / 2
            if shown(at: middle) < seconds { before = middle } else { after = middle }
        }
        return after
    }

    /// The time that the zone's clocks show, in seconds since they showed 1970-01-01 00:00:00.
    private func shown(at seconds: Int64) -> Int64 {
        seconds + min(max(offset(seconds), -Self.longestOffset), Self.longestOffset)
    }
}
