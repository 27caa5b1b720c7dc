import ConvoAPI
import ConvoModel

/// What an answer brought is held: of an exchange that the server does not keep, nobody else has it.
package enum AnswerCheck {
    /// At any time: the outputs of each delivered write whose answer came are held.
    ///
    /// - Parameters:
    ///   - mirror: of the same moment as the outbox.
    ///   - ended: processes that may have been ended before they wrote down what they were told. What the server does not keep
    ///     is not delivered then.
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
