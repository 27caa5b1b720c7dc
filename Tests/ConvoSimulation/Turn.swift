package import ConvoModel

/// The cause of a turn: known from the request object, never guessed from a text.
package enum Cause: Hashable, Sendable {
    /// Our client's request with that number.
    case client(call: Int)
    /// Another writer's action with that number.
    case other(action: Int)

    package var call: Int? {
        if case .client(let call) = self { call } else { nil }
    }
}

/// One turn that the server has committed; each write that the store acknowledged must have caused exactly one.
package struct Turn: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case start, append, restart }

    package let kind: Kind
    package let cause: Cause
    /// The conversation that the turn is in; for a start or restart, the new one.
    package let conversation: RemoteID
    package internal(set) var at: VirtualInstant
    package let inputs: [EntryID]
    package let outputs: [EntryID]
    /// The content of the inputs, as far as a reader of the history can compare it.
    package let said: [String]
    /// `false` where the run failed and left its inputs in the history.
    package let answered: Bool
    /// `false` where the server does not store the exchange.
    package let stored: Bool

    package init(
        kind: Kind, cause: Cause, conversation: RemoteID, at: VirtualInstant, inputs: [EntryID], outputs: [EntryID],
        said: [String] = [], answered: Bool = true, stored: Bool = true
    ) {
        self.kind = kind
        self.cause = cause
        self.conversation = conversation
        self.at = at
        self.inputs = inputs
        self.outputs = outputs
        self.said = said
        self.answered = answered
        self.stored = stored
    }
}

/// A turn that the server is still working on.
struct TurnUnderWay: Sendable {
    /// The emulator's number of the run.
    let number: Int
    /// The turn as it will be recorded, with the time at which it began.
    let turn: Turn
    /// Whether the server refuses the run at its end, with 429, and keeps nothing of it.
    var isRefused = false
    var commitsAt: VirtualInstant
}
