package import ConvoModel

/// Who made the server do something: known by the request object, never guessed from a text.
package enum Cause: Hashable, Sendable {
    /// Our client's request of that number.
    case client(call: Int)
    /// Another writer's action of that number.
    case other(action: Int)

    package var call: Int? {
        if case .client(let call) = self { call } else { nil }
    }
}

/// One turn that the server has committed: what must be there exactly once for each write that a person was told is queued.
package struct Turn: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case start, append, restart }

    package let kind: Kind
    package let cause: Cause
    /// The new one, for a start or restart.
    package let conversation: RemoteID
    package let at: VirtualInstant
    package let inputs: [EntryID]
    package let outputs: [EntryID]
    /// What was said, as far as a reader of the history can compare it.
    package let said: [String]
    /// False where the run failed and left its inputs in the history.
    package let answered: Bool
    /// False for `store: false`.
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
struct Run: Hashable, Sendable {
    let number: Int
    let kind: Turn.Kind
    let cause: Cause
    let stored: Bool
    let fails: Bool
    let inputs: [ServedEntry]
    let outputs: [ServedEntry]
    /// The inputs as they were sent, whatever the server keeps of them.
    let said: [String]
    /// Where the entries go. For a start or restart this is not in the list yet, unless the server lists it early.
    var target: ServedConversation
    var commitsAt: VirtualInstant
}
