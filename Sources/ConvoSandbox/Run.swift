import ConvoModel
import Synchronization

/// One turn on its way to an answer.
struct Run: Sendable {
    enum Sink: Sendable { case whole, stream }

    let turn: Turn
    let plan: FaultPlan
    let presence: ClientPresence
    let sink: Sink
}

/// Whether a run's client is still there, told from outside of the sandbox's actor.
final class ClientPresence: Sendable {
    private let left = Mutex<ContinuousClock.Instant?>(nil)

    func leave() { left.withLock { $0 = $0 ?? .now } }

    /// How long ago the client left, `nil` while it is there.
    var absence: Duration? { left.withLock { $0.map { $0.duration(to: .now) } } }
}

/// What one finished run changes in its conversation.
struct Commit: Hashable, Sendable {
    struct Replacement: Hashable, Sendable {
        let index: Int
        let entry: JSONText
    }

    let object: JSONText
    var replacements: [Replacement] = []
    var added: [JSONText]
}
