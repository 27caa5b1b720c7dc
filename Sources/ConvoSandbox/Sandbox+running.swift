import ConvoJSON
import ConvoModel
import ConvoServer
import Synchronization

/// Runs a ``Turn``: answers the client and commits the result.
extension Sandbox {
    /// Starts a write; its run continues after the client leaves.
    ///
    /// - Returns: the events of a stream, or, for an operation that is not streamed, one event whose data is the
    ///   whole response.
    /// - Throws: the refusal of the request, or the answer of a fault in place of the result.
    func write(
        _ operation: Operation, _ id: RemoteID?, _ body: JSONText, _ principal: Principal
    ) async throws(ServiceError) -> ServerEvents {
        let plan = try await begin(operation, id, body)
        let turn = try draft(operation, id, body, plan, principal)
        let (events, continuation) = ServerEvents.makeStream()
        let presence = ClientPresence()
        continuation.onTermination = { if case .cancelled = $0 { presence.leave() } }
        busy[turn.conversationID] = turn.inputs
        let number = nextRun
        nextRun += 1
        let run = Run(turn: turn, plan: plan, presence: presence, sink: operation.isStream ? .stream : .whole)
        // Not cancelled when the client leaves, because the real server continues too. stop() cancels it.
        runs[number] = Task {
            await self.perform(run, continuation)
            self.runs[number] = nil
        }
        guard let loss = plan.loss else { return events }
        if plan.answer != .lateCommit { try await ServiceError.wait(for: events) }
        throw loss
    }

    private func perform(_ run: Run, _ answer: ServerEvents.Continuation) async {
        do {
            try await complete(run, answer)
            answer.finish()
        } catch {
            answer.finish(throwing: error)
        }
        // In the same step as the answer: a client that has read the answer never finds the conversation locked.
        busy[run.turn.conversationID] = nil
    }

    private func complete(_ run: Run, _ answer: ServerEvents.Continuation) async throws(ServiceError) {
        let turn = run.turn
        var stream = EventWriter(
            answer: answer, isOn: run.sink == .stream, cutAfter: run.plan.cutAfter, cut: switches.cut)
        let id = JSONText.string(turn.conversationID.rawValue)
        stream.write("conversation.response.started", at: moment(), [("conversation_id", id)])
        let more = run.plan.has(.longRun) ? switches.longRunMilliseconds : 0
        try await pause(.milliseconds(switches.answerMilliseconds + more) + turn.script.thinking)
        if let status = turn.script.failure { return try fail(turn, status, &stream) }

        // Files are stored even where the conversation is not.
        for file in turn.script.files {
            try apply(.putFile(StoredFile(id: file.id, kind: file.kind, owner: turn.owner)))
        }
        let outputs = try await speak(turn, &stream)
        if stream.isCut { run.presence.leave() }
        guard try await isKept(run) else { return }
        try commit(turn, outputs)
        if run.sink == .whole {
            answer.yield(ServerEvent("conversation.response", data: turn.response(outputs)))
        }
        stream.write("conversation.response.done", at: moment(), [("usage", turn.usage.json)])
    }

    /// Gives each output its id and its times, and writes its events to the stream.
    private func speak(_ turn: Turn, _ stream: inout EventWriter) async throws(ServiceError) -> [FinishedOutput] {
        var outputs: [FinishedOutput] = []
        var author = MessageAuthor(of: turn.object)
        for (index, output) in turn.script.outputs.enumerated() {
            let created = moment()
            let id = output.idPrefix + UUIDv7(microseconds: created.microseconds).hex
            var finished = FinishedOutput(
                id: id, output: output, author: author, createdAt: created, completedAt: created)
            if stream.isOn {
                for (number, event) in finished.events(at: index).enumerated() {
                    if number > 0 || index > 0 { try await pause(milliseconds: switches.deltaMilliseconds) }
                    stream.write(event.type, at: number == 0 ? created : moment(), event.members)
                }
            }
            finished.completedAt = moment()
            outputs.append(finished)
            if case .handoff(_, let next) = output { author = MessageAuthor(model: author.model, agentID: next.id) }
        }
        return outputs
    }

    /// Waits as long as the commit is delayed: under the fault `late-commit`, and after the client has left.
    ///
    /// - Returns: whether to commit the run.
    private func isKept(_ run: Run) async throws(ServiceError) -> Bool {
        if run.plan.answer == .lateCommit {
            try await pause(milliseconds: switches.lateCommitMilliseconds)
        } else if let absence = run.presence.absence {
            try await pause(.milliseconds(switches.disconnectLockMilliseconds) - absence)
            return switches.cutStreamOutput == .stored
        }
        return true
    }

    private func commit(_ turn: Turn, _ outputs: [FinishedOutput]) throws(ServiceError) {
        let isCompleted = switches.historyCompletedAt == .value
        try commit(turn, entries: turn.inputs + outputs.map { $0.entry(completed: isCompleted) })
    }

    private func commit(_ turn: Turn, entries: [JSONText]) throws(ServiceError) {
        switch turn.target {
        case .new(var conversation):
            conversation.entries += entries
            try apply(.put(conversation))
        case .existing(let id):
            try apply(
                .commit(Commit(object: updated(turn.object), replacements: turn.replacements, added: entries), to: id))
        case .nowhere: break
        }
    }

    private func fail(_ turn: Turn, _ status: Int, _ stream: inout EventWriter) throws(ServiceError) {
        if switches.failedAppend == .keepsInput { try commit(turn, entries: turn.inputs) }
        guard stream.isOn else { throw .business(status, code: 3000, switches.streamErrorMessage) }
        stream.write(
            "conversation.response.error", at: moment(),
            [("message", .string(switches.streamErrorMessage)), ("code", .int(switches.streamErrorCode))])
    }
}

extension FaultPlan {
    /// How many events a stream sends before it is cut; `nil` where it is not cut.
    fileprivate var cutAfter: Int? { answer == .cutStream ? 2 : nil }
}

extension ServiceError {
    /// Waits until a run has ended.
    ///
    /// - Throws: what the run failed with.
    fileprivate static func wait(for events: ServerEvents) async throws(ServiceError) {
        do {
            for try await _ in events {}
        } catch {
            throw error as? ServiceError ?? .connectionReset
        }
    }
}

extension Turn {
    fileprivate func response(_ outputs: [FinishedOutput]) -> JSONText {
        .object([
            "object": .string("conversation.response"), "conversation_id": .string(conversationID.rawValue),
            "outputs": .array(outputs.map { $0.entry(completed: true) }), "usage": usage.json, "guardrails": .null,
        ])
    }
}

/// One accepted write: the conversation that it adds to, the inputs, and what the model will do.
struct Turn: Sendable {
    enum Target: Sendable {
        /// A new conversation, with the entries that a branch copies from its original.
        case new(StoredConversation)
        case existing(RemoteID)
        /// Nothing is stored; the answer still names this id.
        case nowhere(RemoteID)
    }

    let target: Target
    /// The conversation's object, before the turn.
    let object: JSONText
    /// The input entries as the history will hold them.
    let inputs: [JSONText]
    /// The conversation's owner, who gets the files that the model makes; `nil`: everybody's.
    let owner: Owner?
    var replacements: [Commit.Replacement] = []
    let script: EchoModel.Script
    let usage: Usage

    var conversationID: RemoteID {
        switch target {
        case .new(let conversation): conversation.id
        case .existing(let id), .nowhere(let id): id
        }
    }
}

/// One turn in flight.
struct Run: Sendable {
    enum Sink: Sendable { case whole, stream }

    let turn: Turn
    let plan: FaultPlan
    let presence: ClientPresence
    let sink: Sink
}

/// Whether a run's client is still connected.
///
/// The answer's stream calls ``leave()`` outside of the sandbox's actor.
final class ClientPresence: Sendable {
    private let left = Mutex<ContinuousClock.Instant?>(nil)

    func leave() { left.withLock { $0 = $0 ?? .now } }

    /// How long ago the client left; `nil` while it is connected.
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
