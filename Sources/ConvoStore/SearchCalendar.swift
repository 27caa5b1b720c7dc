import ConvoModel

/// Says which moments a ``SearchMoment`` means, seen from one moment in one time zone.
struct SearchCalendar: Sendable {
    let now: Timestamp
    let zone: LocalTimeZone

    /// Makes a calendar; a clock outside of the years 0000 to 9999 counts as their beginning or end, so that no
    /// arithmetic overflows.
    init(now: Timestamp, zone: LocalTimeZone) {
        let years = Timestamp.writable
        self.now =
            years.contains(now.microseconds)
            ? now : Timestamp(microseconds: now.microseconds < 0 ? years.lowerBound : years.upperBound)
        self.zone = zone
    }

    /// The beginning of a day, a month or a year, or the moment itself: what `before:` and `after:` compare with.
    ///
    /// Of a time that the clocks show twice, it is the first; of one that they leave out, the moment at which they are
    /// set forward.
    func start(of moment: SearchMoment) -> Timestamp {
        switch moment {
        case .year, .month, .day, .daysAgo: return days(of: moment).map { start(of: $0.lowerBound) } ?? now
        case .ago(let count, let unit):
            return Timestamp(microseconds: now.microseconds - count * unit.seconds * 1_000_000)
        case .clock(let microseconds):
            let (seconds, fraction) = microseconds.quotientAndRemainder(floored: 1_000_000)
            return Timestamp(microseconds: zone.firstMoment(showing: seconds) * 1_000_000 + fraction)
        case .instant(let moment): return moment
        }
    }

    /// The whole of a day, a month or a year: what `on:` asks for.
    ///
    /// An amount of days or more is the day that was so long ago. The range is empty for a day that the zone left out.
    ///
    /// - Throws: ``UnreadableMoment/notADay`` for a moment, and for hours.
    func period(of moment: SearchMoment) throws(UnreadableMoment) -> Range<Timestamp> {
        guard let days = days(of: moment) else { throw .notADay }
        let first = start(of: days.lowerBound)
        return first..<max(first, start(of: days.upperBound))
    }

    /// Whether the moment depends on the time zone where it is compared with.
    static func isLocal(_ moment: SearchMoment) -> Bool {
        switch moment {
        case .year, .month, .day, .daysAgo, .clock: true
        case .ago, .instant: false
        }
    }

    /// The days of a period, counted from 1970-01-01, without the one behind the last; `nil` for what is not whole
    /// days.
    private func days(of moment: SearchMoment) -> Range<Int64>? {
        switch moment {
        case .year(let year): CivilDate.first(of: year, 1)..<CivilDate.first(of: year + 1, 1)
        case .month(let year, let month):
            CivilDate.first(of: year, month)..<CivilDate.first(of: month == 12 ? year + 1 : year, month % 12 + 1)
        case .day(let date): single(date.daysSince1970)
        case .daysAgo(let count): single(zone.day(at: now) - count)
        case .ago(_, .hour), .clock, .instant: nil
        case .ago(let count, let unit):
            single(zone.day(at: now) - count * (unit.seconds / LocalTimeZone.daySeconds))
        }
    }

    private func single(_ day: Int64) -> Range<Int64> { day..<day + 1 }

    private func start(of day: Int64) -> Timestamp {
        Timestamp(microseconds: zone.firstMoment(ofDay: day) * 1_000_000)
    }
}

extension CivilDate {
    /// The first day of a month, counted from 1970-01-01.
    fileprivate static func first(of year: Int64, _ month: Int64) -> Int64 {
        CivilDate(year: year, month: month, day: 1).daysSince1970
    }
}
