import ConvoAPI
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
    /// The rules that it may break; a violation of any of them convicts it.
    let breaks: Set<Violation.Rule>
    /// The draws that a scenario needs for the mistake to show.
    let needs: Set<Scenario.Draw>
    var sharesOutages = true
    /// Whether the settings are read again where the server refuses the key.
    var rereadsAccess = true
    /// The server and key that the engine uses, made from those of its settings.
    var connection: @Sendable (Connection) -> Connection = { $0 }
    /// Whether the engine keeps a notification that comes while it works.
    var keepsNotifications = true
    /// How its client reads answers and errors.
    var client = MutantClient.Reading()
    /// Changes the store's dependencies, and with them what the store does.
    var environment: @Sendable (inout StoreDependencies) -> Void = { _ in }
    /// Whether the store is told that a copy lies in another place.
    var noticesCopies = true
    /// Whether a read probes an outage before a write may do so.
    var probesWithReads = true
    var limits: @Sendable (inout SyncLimits) -> Void = { _ in }
    /// The engine's work in place of a step; its result is `nil` where the engine does the right thing.
    var push: Push = { _, _ in nil }
    var pull: Pull = { _, _ in nil }
    var recover: @Sendable (Store) throws(StoreError) -> Void = { store throws(StoreError) in
        try store.recoverInterrupted()
    }

    init(_ name: String, breaks: Set<Violation.Rule>, needs: Set<Scenario.Draw> = []) {
        testDescription = name
        (self.breaks, self.needs) = (breaks, needs)
    }

    /// An engine whose push does this in place of a step.
    static func push(
        _ name: String, breaks: Set<Violation.Rule>, needs: Set<Scenario.Draw> = [], _ work: @escaping Push
    ) -> Mutation {
        Mutation(name, breaks: breaks, needs: needs).with { $0.push = work }
    }

    /// An engine whose pull does this in place of a step.
    static func pull(
        _ name: String, breaks: Set<Violation.Rule>, needs: Set<Scenario.Draw> = [], _ work: @escaping Pull
    ) -> Mutation {
        Mutation(name, breaks: breaks, needs: needs).with { $0.pull = work }
    }

    /// An engine whose client takes errors for others.
    static func misreading(
        _ name: String, breaks: Set<Violation.Rule>, needs: Set<Scenario.Draw>,
        _ read: @escaping @Sendable (APIError) -> APIError
    ) -> Mutation {
        Mutation(name, breaks: breaks, needs: needs).with { $0.client.error = { _, error in read(error) } }
    }

    func with(_ change: (inout Mutation) -> Void) -> Mutation {
        var copy = self
        change(&copy)
        return copy
    }
}
