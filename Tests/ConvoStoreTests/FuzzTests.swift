import ConvoJSON
import ConvoModel
import ConvoStore
import Fuzzing
import Testing

/// Each store ingests some thousands of answers, and is checked; a single store would only measure how SQLite grows.
@Suite struct `What a damaged answer holds` {
    private static let inputsPerStore = 5000
    /// The store keeps entries that a history drops, so with a single conversation the run would be quadratic.
    private static let inputsPerConversation = 25

    private static let entries = [
        message("msg_1", "hello ✓ 日本"), reply("msg_2", "said"),
        #"{"object":"entry","type":"function.call","id":"fc_1","tool_call_id":"abc","name":"f","arguments":"{\"a\":1}"}"#,
        #"{"object":"entry","type":"function.result","id":"fr_1","tool_call_id":"abc","result":"42"}"#,
        #"{"object":"entry","type":"tool.execution","id":"t_1","name":"web_search","arguments":"","info":{"a":[1.0,-0]}}"#,
        #"{"object":"entry","type":"agent.handoff","id":"h_1","previous_agent_id":"a","previous_agent_name":"A"}"#,
        #"{"object":"entry","type":"message.output","id":"msg_3","content":[{"type":"text","text":"a"},{"type":"tool_reference","tool":"w","title":"T"}]}"#,
    ]

    @Test func `is kept as it came, or refused`() throws {
        var mutator = Mutator(seed: 7)
        var run = FuzzRun(standard: 2000)
        var taken = 0
        var temporary = try TemporaryStore()
        while run.next() {
            if run.number > 0, run.number.isMultiple(of: Self.inputsPerStore) {
                try temporary.store.checkIntegrity()
                temporary = try TemporaryStore()
            }
            let id = "conv_\(run.number / Self.inputsPerConversation)"
            do {
                switch run.number % 3 {
                case 0: taken += try takeInConversation(id, &mutator, temporary.store) ? 1 : 0
                case 1: taken += try takeInHistory(id, run.number, &mutator, temporary.store) ? 1 : 0
                default: taken += try takeInResponse(id, run.number, &mutator, temporary.store) ? 1 : 0
                }
            } catch is ModelError, is JSONSyntaxError {
                // The answer was refused before it reached the store.
            } catch let error as StoreError where error.isRefusal {
            }
        }
        try temporary.store.checkIntegrity()
        if let summary = run.summary { print(summary, "taken in: \(taken)") }
        #expect(run.isBounded)
        #expect(taken > run.count / 20)
    }

    private func takeInConversation(_ id: String, _ mutator: inout Mutator, _ store: Store) throws -> Bool {
        let text = try Conversation.sample(id, extra: #","metadata":{"a":1.0},"tools":[],"zebra":null"#).raw.text
        let conversation = try Conversation(raw: damaged(text, &mutator))
        _ = try store.ingest([conversation])
        guard !conversation.id.rawValue.isEmpty else { return true }
        #expect(try store.conversation(matching: conversation.id.rawValue).raw == conversation.raw)
        return true
    }

    private func takeInHistory(_ id: String, _ number: Int, _ mutator: inout Mutator, _ store: Store) throws -> Bool {
        _ = try store.ingest([.sample(id)])
        let entries = entries(4, number, &mutator)
        let text = #"{"conversation_id":"\#(id)","entries":[\#(entries.joined(separator: ","))]}"#
        let history = try ConversationHistory(raw: damaged(text, &mutator))
        try store.ingest([FetchedHistory(history, version: "\(number)")])
        guard history.conversationID == RemoteID(id) else { return false }
        let kept = try store.history(of: try store.conversation(matching: id).id)
        // A history that leaves entries out may be an old one, so the store keeps those entries for now.
        let brought = Set(history.entries.map(\.raw))
        #expect(kept.entries.map(\.entry.raw).filter(brought.contains) == history.entries.map(\.raw))
        return true
    }

    private func takeInResponse(_ id: String, _ number: Int, _ mutator: inout Mutator, _ store: Store) throws -> Bool {
        _ = try store.ingest([.sample(id)])
        let before = try store.history(of: try store.conversation(matching: id).id).entries.map(\.entry)
        let outputs = entries(2, number, &mutator).joined(separator: ",")
        let text = #"{"conversation_id":"\#(id)","outputs":[\#(outputs)],"usage":{"total_tokens":1}}"#
        let response = try ConversationResponse(raw: damaged(text, &mutator))
        let receipt = try store.start(.sample("x"))
        _ = try store.markSending(receipt.operation, base: nil)
        try store.markDelivered(receipt.operation, response: response)
        #expect(try store.response(to: receipt.operation) == response.raw)
        let there = Set(try store.history(of: receipt.conversation).entries.map(\.entry.raw))
        guard response.conversationID == RemoteID(id) else { return false }
        // The store keeps each entry that a pull has brought for the same conversation, byte by byte.
        #expect(there.isSuperset(of: before.map(\.raw)))
        let known = Set(before.compactMap(\.id))
        let added = response.outputs.filter { output in !(output.id.map(known.contains) ?? false) }
        #expect(!isWellNamed(response.outputs) || there.isSuperset(of: added.map(\.raw)))
        return true
    }

    /// Some entries with a time and ids of their own, because only branches share entries.
    private func entries(_ count: Int, _ number: Int, _ mutator: inout Mutator) -> [String] {
        let minute = "2026-01-01T\(10 + number / 60 % 14):\(10 + number % 50)"
        return Self.entries.shuffled(using: &mutator.random).prefix(count).map { entry in
            entry.replacing(#""id":""#, with: #""id":"\#(number / Self.inputsPerConversation)_"#)
                .replacing("2026-01-01T00:00", with: minute)
        }
    }

    private func damaged(_ text: String, _ mutator: inout Mutator) throws -> JSONText {
        try JSONText(utf8: mutator.mutate(Array(text.utf8)) { (try? JSONText(utf8: $0)) != nil })
    }

    /// Whether each entry has an id of its own: of two entries with the same id the store keeps one.
    private func isWellNamed(_ entries: [Entry]) -> Bool {
        let ids = Set(entries.compactMap(\.id))
        return ids.count == entries.count && ids.allSatisfy { !$0.rawValue.hasPrefix("~") }
    }
}

extension StoreError {
    /// Whether the store has refused the request, and did not fail itself.
    fileprivate var isRefusal: Bool {
        switch self {
        case .noSuchConversation, .requestTooLarge, .invalidRequest: true
        default: false
        }
    }
}
