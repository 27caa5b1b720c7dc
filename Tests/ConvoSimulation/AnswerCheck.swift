import ConvoAPI
import ConvoModel

/// The outputs of an answer are on our disk: for an exchange that the server does not store, nobody else has them.
package enum AnswerCheck {
    /// At any time: our disk holds the outputs of each delivered write whose answer came.
    ///
    /// - Parameters:
    ///   - outbox: the outbox now.
    ///   - mirror: the mirror at the same moment.
    ///   - audit: the requests of all our processes.
    ///   - turns: the turns that the server has committed.
    ///   - ended: the processes that may have ended before they stored what they were answered; their writes that the
    ///     server does not store are not judged.
    /// - Returns: a violation for each write with a missing output.
    package static func violations(
        outbox: OutboxSnapshot, mirror: MirrorSnapshot, audit: Audit, turns: [Turn], ended: Set<Int>
    ) -> [Violation] {
        let answers = Dictionary(
            audit.records.filter { $0.request.isTurn && $0.outcome == .answered && $0.operation != nil }
                .map { ($0.operation, $0) }, uniquingKeysWith: { $1 })
        let outputs = Dictionary(
            turns.compactMap { turn in turn.cause.call.map { ($0, turn.outputs) } }, uniquingKeysWith: { $1 })
        return outbox.items.compactMap { item in
            guard item.state == .delivered, let answer = answers[item.id],
                !item.isStored || !ended.contains(answer.sender), let held = mirror.held[item.conversation],
                let missing = outputs[answer.number]?.first(where: { !held.contains($0) })
            else { return nil }
            return Violation(.forgotten, "\(missing) was answered to \(item.id), and is not held")
        }
    }
}
