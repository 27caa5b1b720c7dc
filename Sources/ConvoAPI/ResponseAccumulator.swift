public import ConvoModel

/// Puts the events of a streamed answer together: the entries that the history later holds, as far as they have come.
///
/// At every moment ``entries`` is what was received so far, so a stream that breaks loses nothing that came before.
public struct ResponseAccumulator: Sendable {
    private struct Key: Hashable {
        let index: Int
        let type: EntryType
    }

    public private(set) var conversationID: RemoteID?
    /// The tokens that the answer cost, when it is done.
    public private(set) var usage: JSONText?
    /// Whether the server said that the answer is whole.
    public private(set) var isDone = false

    private var outputs: [(key: Key, fold: OutputAccumulator)] = []
    private var places: [Key: Int] = [:]

    public init() {}

    /// Takes in the next event. One of a type that is not known changes nothing.
    public mutating func take(_ event: ConversationEvent) {
        switch event.content {
        case .responseStarted(let id): conversationID = id
        case .messageDelta: add(event, to: .messageOutput)
        case .toolExecutionStarted, .toolExecutionDelta, .toolExecutionDone: add(event, to: .toolExecution)
        case .functionCallDelta: add(event, to: .functionCall)
        case .handoffStarted, .handoffDone: add(event, to: .agentHandoff)
        case .responseDone(let usage):
            self.usage = usage
            isDone = true
        case .responseError, .unknown: break
        }
    }

    /// The answer's entries in their order.
    public var entries: [Entry] {
        let ordered = outputs.indices.sorted { (outputs[$0].key.index, $0) < (outputs[$1].key.index, $1) }
        return ordered.map { Entry(raw: outputs[$0].fold.json) }
    }

    /// What the operation would have answered without streaming; `nil` until the answer is done.
    public var response: ConversationResponse? {
        guard isDone, let conversationID else { return nil }
        let raw = JSONText.object([
            "object": .string("conversation.response"), "conversation_id": .string(conversationID.rawValue),
            "outputs": .array(entries.map(\.raw)), "usage": usage,
        ])
        return try? ConversationResponse(raw: raw)
    }

    private mutating func add(_ event: ConversationEvent, to type: EntryType) {
        let key = Key(index: event.outputIndex ?? 0, type: type)
        let place = places[key] ?? outputs.count
        if place == outputs.count {
            outputs.append((key, OutputAccumulator(type: type)))
            places[key] = place
        }
        outputs[place].fold.take(event)
    }
}
