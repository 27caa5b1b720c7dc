package import ConvoModel
package import ConvoStore

/// What a push asks its executor to do, and what may come of it.
extension PushMachine {
    /// A step that a push asks its executor to do.
    package enum Step: Sendable, Hashable {
        /// Verifies that the server and the key are those of the database.
        case verify
        /// Reads at most `limit` writes that can be worked on from the outbox.
        case load(limit: Int)
        /// Reads the conversation's present end from the server, behind which a lost answer can be looked for later.
        case prepare(OutboxItem)
        /// Commits that the write is being sent, sends it, and stores the answer.
        ///
        /// The base is the conversation's end before it; `nil` if the write is not an append.
        case send(OutboxItem, OutboxItem.Base?)
        /// Reads whether a write in doubt is on the server.
        ///
        /// Never sends it.
        case confirm(OutboxItem)
        /// Finds out what the server did not find when it answered 404 to an append: the conversation, or its agent.
        case find(OutboxItem, OutboxItem.Reason)
        /// Commits the transition that was decided.
        case settle(OutboxItem, OperationTransition)
        /// Reads the ids of the inputs and whatever else the answer did not contain.
        case refresh(OutboxItem)
    }

    /// The outcome of a step.
    package enum Outcome: Sendable {
        /// The server and the key are those of the database.
        case verified
        /// The writes that can be worked on, in the order of acceptance; their back-off may not be over yet.
        ///
        /// Somebody waits for those that are awaited: they are sent however many others are on their way.
        case loaded([OutboxItem], awaited: Set<OperationID> = [])
        /// Another process waits for the engine's lock: this push starts nothing new.
        case madeRoom
        /// The conversation's end, as the server or else the mirror has it.
        case prepared(OutboxItem.Base?)
        /// Another writer has moved the conversation on; with its end, and the policy that decides what follows.
        case overtaken(OutboxItem.Base?, ConflictPolicy)
        /// The conversation is too large to be read, and the policy does not let the write pass other writers' entries
        /// unseen.
        case unseen
        /// The server has accepted the write, and its answer is stored; with the conversation's end, if the next write of a
        /// burst may be sent behind it at once.
        ///
        /// `nil` if the conversation is to be read first.
        case sent(end: OutboxItem.Base?)
        /// The write was no longer queued, for example because the person cancelled it meanwhile.
        ///
        /// Nothing was sent.
        case withdrawn
        /// The result of looking for the write, and when the read began.
        ///
        /// A write that it did not find was absent at its beginning; the time that a slow answer took proves nothing.
        case confirmed(InDoubtLookup, readSince: Uptime)
        /// Whether the conversation is on the server.
        case found(Bool)
        /// The transition is committed.
        case settled
        /// The missing part is stored, or will be read when a burst of writes ends; with the conversation's end, behind
        /// which the burst's next write may be sent at once.
        case refreshed(end: OutboxItem.Base?)
        /// The step failed, whichever it was.
        case failed(SyncFailure)
    }
}
