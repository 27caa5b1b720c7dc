import ConvoModel
import ConvoStore
import Testing

@testable import convod

@Suite struct `The status line` {
    private static let zone = LocalTimeZone(name: { _ in "lab" }, offset: { _ in 3600 })
    private static let pulled = Timestamp("2026-11-30T23:05:07Z")

    @Test func `tells what is mirrored, what waits, and when it looks`() {
        var status = DaemonStatus(poll: .seconds(30))
        #expect(status.line(in: Self.zone) == "the first look is under way")
        status.conversations = 1234
        status.lastPull = Self.pulled
        #expect(status.line(in: Self.zone) == "1,234 conversations mirrored; last look 00:05:07, again every 30 s")
        (status.waiting, status.stopped, status.poll) = (2, 1, .seconds(120))
        #expect(
            status.line(in: Self.zone)
                == "1,234 conversations mirrored; 2 writes wait; 1 needs you; last look 00:05:07, again every 2 min")
    }

    @Test func `tells first what is wrong`() {
        let status = DaemonStatus(
            waiting: 1, lastPull: Self.pulled, poll: .seconds(30), trouble: "Can't reach the server.",
            refusedSettings: "there is no setting colour.")
        #expect(
            status.line(in: Self.zone)
                == "The new configuration can't be used, the one before stays: there is no setting colour. Can't reach the server. 1 write waits; last look 00:05:07"
        )
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1234, "-1,234"), (12_345_678, "12,345,678")])
    func `groups the digits of large numbers`(number: Int, text: String) {
        #expect(DaemonStatus.grouped(number) == text)
    }
}
