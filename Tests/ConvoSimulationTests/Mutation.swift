import ConvoModel
import ConvoSimulation
import Testing

@testable import ConvoStore
@testable import ConvoSync

/// A mistake that an engine could have, and the rules that it breaks.
struct Mutation: Sendable, CustomTestStringConvertible {
    typealias Push = @Sendable (PushMachine.Step, MutantEngine) async -> PushMachine.Outcome?
    typealias Pull = @Sendable (PullMachine.Step, MutantEngine) async -> PullMachine.Outcome?

    let testDescription: String
    /// Any of these convicts it.
    let breaks: Set<Violation.Rule>
    /// What must be drawn for it to show.
    var needs: Set<Scenario.Draw> = []
    var sharesOutages = true
    /// Whether the settings are read again where the server refuses the key.
    var rereadsAccess = true
    /// What it takes the settings for.
    var connection: @Sendable (Connection) -> Connection = { $0 }
    /// Whether a ring that comes while it works is kept.
    var keepsRings = true
    /// What its client makes of an answer, or of an error.
    var client = MutantClient.Reading()
    /// What its store does otherwise.
    var environment: @Sendable (inout StoreDependencies) -> Void = { _ in }
    /// Whether its store is told that a copy lies somewhere else.
    var noticesCopies = true
    /// Whether a read goes ahead of a write that would try an outage.
    var probesWithReads = true
    var limits: @Sendable (inout SyncLimits) -> Void = { _ in }
    /// What it does in place of a step; `nil` where it does the right thing.
    var push: Push = { _, _ in nil }
    var pull: Pull = { _, _ in nil }
    var recover: @Sendable (Store) throws(StoreError) -> Void = { store throws(StoreError) in
        try store.recoverInterrupted()
    }

    init(_ name: String, breaks: Set<Violation.Rule>) {
        testDescription = name
        self.breaks = breaks
    }

    func with(_ change: (inout Mutation) -> Void) -> Mutation {
        var copy = self
        change(&copy)
        return copy
    }
}
