import ConvoAPI
import ConvoModel
import ConvoStore
import Expectations
import Testing

@testable import ConvoSync

/// A push whose steps the test does one by one.
struct Pass {
    var machine: PushMachine
    private(set) var now: Timestamp

    init(
        _ mode: PushMachine.Mode, at now: Timestamp = noon, _ items: [OutboxItem], limits: SyncLimits = SyncLimits(),
        slowUntil: Timestamp? = nil, verifies: Bool = true
    ) throws {
        machine = PushMachine(mode, limits: limits, slowUntil: slowUntil)
        self.now = now
        try #require(next() == .load(limit: 200))
        finish(.load(limit: 200), .loaded(items))
        guard verifies else { return }
        try #require(next() == .verify)
        finish(.verify, .verified)
    }

    mutating func turn() -> NextAction<PushMachine.Step> { machine.next(at: now) }

    /// The next step; `nil` if the machine waits or is done.
    mutating func next() -> PushMachine.Step? {
        if case .step(let step) = turn() { step } else { nil }
    }

    /// The next step, which must be there.
    mutating func begin() throws -> PushMachine.Step {
        guard let step = next() else { throw Unexpected("nothing begins") }
        return step
    }

    var isDone: Bool {
        var copy = self
        if case .done = copy.turn() { return true } else { return false }
    }

    /// Until when the machine waits; `nil` if it does not wait, or waits for a step in flight.
    var waitsUntil: Timestamp? {
        var copy = self
        if case .wait(let moment) = copy.turn() { return moment } else { return nil }
    }

    var isWaiting: Bool {
        var copy = self
        if case .wait = copy.turn() { return true } else { return false }
    }

    mutating func finish(_ step: PushMachine.Step, _ outcome: PushMachine.Outcome, after span: Duration = .zero) {
        now = now + span
        machine.finished(step, outcome, at: now)
    }

    mutating func wait(_ span: Duration) { now = now + span }
}

/// Makes `count` appends, each to a conversation of its own.
func appends(_ count: Int) throws -> [OutboxItem] {
    try (0..<count).map { try item(on: RemoteID("conv_\($0)")) }
}
