/// How far a long job is, how fast it goes and how long it still takes, in a line for people.
///
/// The rate is that of the last ten seconds, so that a job that slows down does not promise its earlier pace. The line
/// changes at most ten times a second; a job that ends within a second tells no rate.
package struct ProgressMeter: Sendable {
    /// The span of time whose rate counts.
    static let span = Duration.seconds(10)
    /// The shortest time from which a rate is told.
    static let least = Duration.seconds(1)
    private static let pause = Duration.milliseconds(100)

    private struct Sample {
        let time: ContinuousClock.Instant
        let done: Int
    }

    private let subject: String
    private var samples: [Sample] = []
    private var shownAt: ContinuousClock.Instant?

    /// Creates the meter of a job that has not begun.
    ///
    /// - Parameter subject: what is done, as the beginning of the line: `Exporting`.
    package init(_ subject: String) { self.subject = subject }

    /// Makes the line for a job's state.
    ///
    /// - Parameters:
    ///   - done: how many are done.
    ///   - total: how many there are; `nil` where nobody knows.
    ///   - now: the present moment.
    /// - Returns: the line; `nil` where the last one is too new to be replaced.
    package mutating func line(_ done: Int, of total: Int?, at now: ContinuousClock.Instant = .now) -> String? {
        if let shownAt, now < shownAt + ProgressMeter.pause, done != total { return nil }
        shownAt = now
        note(Sample(time: now, done: done))
        let count = total.map { "\(done) of \($0)" } ?? "\(done)"
        return (["\(subject) \(count)"] + pace(done, of: total)).joined(separator: ", ") + "…"
    }

    /// Makes the rate and the time left, for a line that counts by itself.
    ///
    /// - Parameters:
    ///   - done: how many are done.
    ///   - total: how many there are; `nil` where nobody knows.
    ///   - now: the present moment.
    /// - Returns: the pieces of the line; empty within the first second.
    package mutating func pace(_ done: Int, of total: Int?, at now: ContinuousClock.Instant = .now) -> [String] {
        note(Sample(time: now, done: done))
        return pace(done, of: total)
    }

    private mutating func note(_ sample: Sample) {
        if let last = samples.last, sample.done < last.done { samples.removeAll() }  // another part of the job begins
        samples.append(sample)
        // One older than the span stays, so that the rate covers all of it.
        while samples.count > 2, sample.time - samples[1].time >= ProgressMeter.span { samples.removeFirst() }
    }

    private func pace(_ done: Int, of total: Int?) -> [String] {
        guard let first = samples.first, let last = samples.last, last.time - first.time >= ProgressMeter.least,
            last.done > first.done
        else { return [] }
        let rate = Double(last.done - first.done) / ((last.time - first.time) / .seconds(1))
        var pace = ["\(ProgressMeter.rounded(rate))/s"]
        if let total, total > done { pace.append("\(ProgressMeter.words(Double(total - done) / rate)) left") }
        return pace
    }

    private static func rounded(_ rate: Double) -> String {
        guard rate < 10 else { return String(Int(rate.rounded())) }
        let tenths = Int((rate * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// A time in words: `8 s`, `3 min`, `2 h 5 min`; longer than a day, `more than a day`.
    static func words(_ seconds: Double) -> String {
        guard seconds < 86_400 else { return "more than a day" }
        let whole = max(1, Int(seconds.rounded(.up)))
        if whole < 90 { return "\(whole) s" }
        let minutes = Int((seconds / 60).rounded())
        guard minutes >= 60 else { return "\(minutes) min" }
        return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
    }
}
