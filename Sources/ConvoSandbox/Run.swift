/// One turn on its way to an answer.
struct Run: Sendable {
    enum Sink: Sendable { case whole, stream }

    let turn: Turn
    let plan: FaultPlan
    let presence: Presence
    let sink: Sink
}
