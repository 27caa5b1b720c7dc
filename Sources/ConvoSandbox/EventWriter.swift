import ConvoModel
import ConvoServer

/// Writes a stream's events, until it is cut.
struct EventWriter: Sendable {
    let answer: ServerEvents.Continuation
    let isOn: Bool
    let cutAfter: Int?
    let cut: Switches.Cut
    private(set) var isCut = false
    private var count = 0

    init(answer: ServerEvents.Continuation, isOn: Bool, cutAfter: Int?, cut: Switches.Cut) {
        (self.answer, self.isOn, self.cutAfter, self.cut) = (answer, isOn, cutAfter, cut)
    }

    mutating func write(_ type: String, at time: Timestamp, _ members: [(String, JSONText?)]) {
        guard isOn, !isCut else { return }
        let head: [(String, JSONText?)] = [("type", .string(type)), ("created_at", .string(time.text))]
        answer.yield(ServerEvent(type, data: .object(head + members)))
        count += 1
        guard let cutAfter, count >= cutAfter else { return }
        isCut = true
        if cut == .reset { answer.finish(throwing: ServiceError.connectionReset) } else { answer.finish() }
    }
}
