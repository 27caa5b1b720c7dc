import Testing

@testable import ConvoCommand

@Suite struct `A verb that takes long` {
    let clock = SteppedClock()
    let lines: AsyncStream<String>
    let notice: WaitNotice

    init() {
        let (lines, said) = AsyncStream<String>.makeStream()
        self.lines = lines
        notice = WaitNotice("Still waiting", clock: clock) { said.yield($0) }
    }

    @Test func `says so after ten seconds of silence, and again after ten more`() async throws {
        let value = try await notice.during {
            #expect(await clock.deadlines.next() == 10)
            clock.advance(seconds: 10)
            #expect(await lines.next() == "Still waiting; 10 s so far.")
            #expect(await clock.deadlines.next() == 20)
            notice.waits(for: "Still sending")
            clock.advance(seconds: 10)
            #expect(await lines.next() == "Still sending; 20 s so far.")
            return 7
        }
        #expect(value == 7)
    }

    @Test func `says nothing while the person sees something else`() async throws {
        try await notice.during {
            #expect(await clock.deadlines.next() == 10)
            clock.advance(seconds: 4)
            notice.wasSpoken()
            clock.advance(seconds: 6)
            #expect(await clock.deadlines.next() == 14)
            clock.advance(seconds: 4)
            // This is the first notice.
            #expect(await lines.next() == "Still waiting; 14 s so far.")
        }
    }

    @Test func `ends with what the work throws`() async {
        await #expect(throws: CancellationError.self) {
            try await notice.during { throw CancellationError() }
        }
    }
}

extension AsyncStream where Element: Sendable {
    fileprivate func next() async -> Element? { await first { _ in true } }
}
