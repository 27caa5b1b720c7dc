import Testing

@testable import ConvoTerminal

@Suite struct `A progress meter` {
    private let start = ContinuousClock.now

    @Test func `tells no rate within the first second, and then the rate and the time left`() {
        var meter = ProgressMeter("Exporting")
        #expect(meter.line(0, of: 100, at: start) == "Exporting 0 of 100…")
        #expect(meter.line(40, of: 100, at: start + .milliseconds(900)) == "Exporting 40 of 100…")
        #expect(meter.line(50, of: 100, at: start + .seconds(2)) == "Exporting 50 of 100, 25/s, 2 s left…")
    }

    @Test func `changes at most ten times a second, but tells the end`() {
        var meter = ProgressMeter("Reading")
        #expect(meter.line(1, of: 3, at: start) != nil)
        #expect(meter.line(2, of: 3, at: start + .milliseconds(99)) == nil)
        #expect(meter.line(3, of: 3, at: start + .milliseconds(99)) == "Reading 3 of 3…")
    }

    @Test func `forgets a pace that is past`() {
        var meter = ProgressMeter("Reading")
        _ = meter.line(0, of: 2000, at: start)
        _ = meter.line(1000, of: 2000, at: start + .seconds(1))
        for second in 2...30 { _ = meter.line(999 + second, of: 2000, at: start + .seconds(second)) }
        #expect(meter.line(1030, of: 2000, at: start + .seconds(31)) == "Reading 1030 of 2000, 1/s, 16 min left…")
    }

    @Test func `tells no time left where nobody knows the whole, or nothing moves`() {
        var meter = ProgressMeter("Importing")
        _ = meter.line(0, of: nil, at: start)
        #expect(meter.line(5, of: nil, at: start + .seconds(2)) == "Importing 5, 2.5/s…")
        var still = ProgressMeter("Importing")
        _ = still.line(5, of: 10, at: start)
        #expect(still.line(5, of: 10, at: start + .seconds(20)) == "Importing 5 of 10…")
    }

    @Test func `begins anew where another part of the job begins`() {
        var meter = ProgressMeter("Reading")
        _ = meter.line(0, of: 10, at: start)
        _ = meter.line(10, of: 10, at: start + .seconds(2))
        #expect(meter.line(1, of: 10, at: start + .seconds(3)) == "Reading 1 of 10…")
    }

    @Test(arguments: [
        (0.2, "1 s"), (89.0, "89 s"), (90, "2 min"), (3599, "1 h"), (7500, "2 h 5 min"), (90_000, "more than a day"),
        (.infinity, "more than a day"),
    ])
    func `tells a time in words`(seconds: Double, words: String) {
        #expect(ProgressMeter.words(seconds) == words)
    }
}
