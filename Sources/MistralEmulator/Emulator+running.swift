public import ConvoJSON
public import ConvoModel

/// Runs a ``Draft``: locks its conversation, lets the model speak, and commits the turn.
extension Emulator {
    /// Begins the run of an accepted write; lists a new conversation if ``Switches/newListed`` says so.
    mutating func begin(_ draft: Draft, _ changes: inout [Change]) -> Run {
        if switches.newListed == .atArrival, case .new(let conversation) = draft.target {
            changes.append(Change(.put(conversation)))
        }
        runCount += 1
        var composer = EventComposer(now: moment(), pause: .zero)
        let id = JSONText.string(draft.conversationID.rawValue)
        let run = Run(
            number: runCount, conversationID: draft.conversationID,
            firstEvent: composer.event("conversation.response.started", [("conversation_id", id)]),
            thinking: draft.script.thinking, draft: draft)
        runs[run.number] = run
        return run
    }

    /// Lets the model answer.
    ///
    /// - Parameters:
    ///   - number: the run.
    ///   - now: the present moment, at which the outputs begin.
    ///   - pause: how long the model pauses between two events, by which their times differ.
    /// - Returns: the answer; `nil` if the run has ended.
    public mutating func speak(_ number: Int, at now: Timestamp, pause: Duration = .zero) -> SpokenAnswer? {
        guard let draft = runs[number]?.draft else { return nil }
        moveOn(to: now)
        var composer = EventComposer(now: present, pause: pause)
        let outputs = compose(draft, &composer)
        runs[number]?.lastMoment = composer.now
        let isCompleted = switches.historyCompletedAt == .value
        runs[number]?.outputs = outputs.map { $0.entry(completed: isCompleted) }
        if let status = draft.script.failure {
            composer = EventComposer(now: present, pause: pause)
            composer.add(
                "conversation.response.error",
                [("message", .string(switches.streamErrorMessage)), ("code", .int(switches.streamErrorCode))])
            runs[number]?.lastMoment = composer.now
            runs[number]?.leaves = switches.failedAppend == .keepsInput ? .inputs : .nothing
            return SpokenAnswer(
                events: composer.events, lastEvent: nil,
                result: .failure(.business(status, code: 3000, switches.streamErrorMessage)), changes: [])
        }
        runs[number]?.leaves = .everything
        return SpokenAnswer(
            events: composer.events,
            lastEvent: composer.event("conversation.response.done", [("usage", draft.usage.json)]),
            result: .success(draft.response(outputs)),
            // Files are stored even where the conversation is not.
            changes: draft.script.files.map {
                Change(.putFile(StoredFile(id: $0.id, kind: $0.kind, owner: draft.owner)))
            })
    }

    /// Gives each output its id and its times, and makes its events.
    private mutating func compose(_ draft: Draft, _ composer: inout EventComposer) -> [FinishedOutput] {
        var outputs: [FinishedOutput] = []
        var author = MessageAuthor(of: draft.object)
        for (index, output) in draft.script.outputs.enumerated() {
            let created = composer.tick()
            let id = ids.entry(output.idPrefix, at: created)
            var finished = FinishedOutput(
                id: id, output: output, author: author, createdAt: created, completedAt: created)
            composer.add(finished.events(at: index), createdAt: created, isFirst: index == 0)
            finished.completedAt = composer.tick()
            outputs.append(finished)
            if case .handoff(_, let next) = output { author = MessageAuthor(model: author.model, agentID: next.id) }
        }
        return outputs
    }

    /// Ends a run, and unlocks its conversation.
    ///
    /// - Parameters:
    ///   - number: the run.
    ///   - isKept: whether the turn is stored, if its request and the switches let it be.
    ///   - now: the present moment, which becomes the conversation's `updated_at`.
    /// - Returns: the changes that commit the turn, for the caller to apply; none if nothing of it is stored.
    public mutating func finish(_ number: Int, isKept: Bool = true, at now: Timestamp) -> [Change] {
        guard let run = runs.removeValue(forKey: number) else { return [] }
        moveOn(to: max(now, run.lastMoment))
        let entries = isKept ? run.entries : nil
        switch run.draft.target {
        case .new(var conversation):
            // Listed at its arrival, the conversation may have changed since.
            let listed = table[conversation.id]
            guard let entries else { return listed == nil ? [] : [Change(.remove(conversation.id))] }
            if let listed { return [Change(.commit(Commit(object: listed.object, added: entries), to: listed.id))] }
            conversation.entries += entries
            return [Change(.put(conversation))]
        case .existing(let id):
            guard let entries else { return [] }
            let commit = Commit(
                object: updated(run.draft.object), replacements: run.draft.replacements, added: entries)
            return [Change(.commit(commit, to: id))]
        case .nowhere: return []
        }
    }

    /// Ends a run without storing anything of it.
    public mutating func drop(_ number: Int) { runs[number] = nil }

    /// The ids of the conversations with a run under way, sorted.
    public var busyConversations: [RemoteID] {
        Set(runs.values.map(\.conversationID)).sorted { $0.rawValue < $1.rawValue }
    }

    func isBusy(_ id: RemoteID) -> Bool { runs.values.contains { $0.conversationID == id } }

    /// The conversation as its history shows it while a run is under way (``Switches/historyWhileBusy``); a replica that
    /// lags behind knows of no run.
    func withRun(
        _ conversation: EmulatedConversation, _ conditions: Conditions
    ) throws(Refusal) -> EmulatedConversation {
        guard conditions.age == .zero, let run = runs.values.first(where: { $0.conversationID == conversation.id })
        else { return conversation }
        var conversation = conversation
        switch switches.historyWhileBusy {
        case .before: break
        case .partial: conversation.entries += run.draft.inputs
        case .tools:
            let answer = run.outputs.lastIndex { !$0.isAnswer }.map { $0 + 1 } ?? 0
            conversation.entries += run.draft.inputs
            conversation.entries += run.outputs[..<answer].prefix { output in
                let created = output["created_at"].flatMap { Timestamp(lenient: $0) }
                return created.map { $0.microseconds <= lastMoment } ?? true
            }
        case .refuse: throw switches.busy
        }
        return conversation
    }
}

/// One turn under way.
public struct Run: Hashable, Sendable {
    /// The run's name for ``Emulator/speak(_:at:pause:)`` and ``Emulator/finish(_:isKept:at:)``.
    public let number: Int
    /// The conversation that the answer names; for a start or restart, the new one.
    public let conversationID: RemoteID
    /// The event that begins a stream, before the model thinks.
    public let firstEvent: StreamEvent
    /// How long the model wants to think before it speaks, beside ``Switches/answerMilliseconds``.
    public let thinking: Duration
    let draft: Draft
    /// The entries of the model's outputs; empty before it has spoken.
    var outputs: [JSONText] = []
    /// The latest time in the answer; the beginning of all time before the model has spoken.
    var lastMoment = Timestamp(microseconds: 0)
    var leaves = Leaves.nothing

    /// What a run leaves in its conversation.
    enum Leaves { case nothing, inputs, everything }

    /// The entries that the turn adds to its conversation; `nil` if it adds none, or the model has not spoken yet.
    var entries: [JSONText]? {
        switch leaves {
        case .nothing: nil
        case .inputs: draft.inputs
        case .everything: draft.inputs + outputs
        }
    }
}

/// What the model says in one turn.
public struct SpokenAnswer: Hashable, Sendable {
    /// The events of a stream behind the first, up to the commit.
    public let events: [StreamEvent]
    /// The event that ends a stream once the turn is committed; `nil` if the run fails.
    public let lastEvent: StreamEvent?
    /// The response, or the refusal if the model fails.
    public let result: Result<JSONText, Refusal>
    /// The files that the model made, for the caller to apply before it sends an event.
    public let changes: [Change]
}

/// One event of a streamed answer.
public struct StreamEvent: Hashable, Sendable {
    /// The event's name, which is also the `type` in its data.
    public let type: String
    /// The event's object.
    public let data: JSONText
    /// Whether the model pauses before it.
    public let followsPause: Bool
}

/// Makes the events of one answer, each at a time of its own.
private struct EventComposer {
    private(set) var now: Timestamp
    private let pause: Duration
    private(set) var events: [StreamEvent] = []

    init(now: Timestamp, pause: Duration) { (self.now, self.pause) = (now, pause) }

    /// The next microsecond.
    mutating func tick() -> Timestamp {
        now = Timestamp(microseconds: now.microseconds + 1)
        return now
    }

    mutating func event(
        _ type: String, _ members: [(String, JSONText?)], createdAt: Timestamp? = nil, followsPause: Bool = false
    ) -> StreamEvent {
        if followsPause { now = now + pause }
        let created = createdAt ?? tick()
        let head: [(String, JSONText?)] = [("type", .string(type)), ("created_at", .string(created.text))]
        return StreamEvent(type: type, data: .object(head + members), followsPause: followsPause)
    }

    mutating func add(_ type: String, _ members: [(String, JSONText?)]) { events.append(event(type, members)) }

    /// Adds the events of one output, with a pause before each but the first of the answer.
    mutating func add(
        _ parts: [(type: String, members: [(String, JSONText?)])], createdAt: Timestamp, isFirst: Bool
    ) {
        for (number, part) in parts.enumerated() {
            events.append(
                event(
                    part.type, part.members, createdAt: number == 0 ? createdAt : nil,
                    followsPause: number > 0 || !isFirst))
        }
    }
}

extension JSONText {
    /// Whether the entry ends a turn.
    fileprivate var isAnswer: Bool { ["message.output", "function.call"].contains(self["type"]?.string) }
}

extension Draft {
    fileprivate func response(_ outputs: [FinishedOutput]) -> JSONText {
        .object([
            "object": .string("conversation.response"), "conversation_id": .string(conversationID.rawValue),
            "outputs": .array(outputs.map { $0.entry(completed: true) }), "usage": usage.json, "guardrails": .null,
        ])
    }
}
