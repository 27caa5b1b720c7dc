import ConvoAPI
import ConvoJSON
import ConvoModel
import Expectations
import Fuzzing
import SeededRandom
import Testing

@Suite struct `Entries that are cut into events` {
    @Test func `fold into themselves, however they are cut`() throws {
        var random = SplitMix64(seed: 7)
        for number in 0..<FuzzRun(standard: 500).count {
            let entries = (0..<Int.random(in: 1...4, using: &random)).map { RandomEntry.entry($0, &random) }
            let events = RandomEntry.interleaved(
                entries.enumerated().map { RandomEntry.events(of: $1, at: $0, &random) }, &random)
            var fold = ResponseAccumulator()
            for event in events { fold.take(try ConversationEvent(raw: event)) }
            let folded = fold.entries.map { sorted($0.raw) }
            guard folded == entries.map(sorted) else { throw Unexpected("run \(number): \(entries) became \(folded)") }
        }
    }

    private func sorted(_ json: JSONText) -> JSONText {
        .object(json.members.map { ($0.key, Optional($0.value)) }.sorted { $0.0 < $1.0 })
    }
}

/// Random entries of answers, and the events with which a server would stream them.
enum RandomEntry {
    static func entry(_ number: Int, _ random: inout SplitMix64) -> JSONText {
        let start: [(String, JSONText?)] = [
            ("object", .string("entry")), ("created_at", .string("2026-08-17T10:00:00.\(number)Z")),
            ("id", .string("id_\(number)")),
        ]
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            return .object(
                start + [
                    ("type", .string("message.output")), ("role", .string("assistant")), ("model", .string("m")),
                    ("content", content(&random)),
                ])
        case 1:
            return .object(
                start + [
                    ("type", .string("tool.execution")), ("name", .string("code_interpreter")),
                    ("arguments", text(&random)),
                    ("function", .string("f")), ("info", .object(["result": text(&random)])),
                ])
        case 2:
            return .object(
                start + [
                    ("type", .string("function.call")), ("name", .string("f")), ("tool_call_id", .string("t\(number)")),
                    ("arguments", text(&random)),
                ])
        default:
            return .object(
                start + [
                    ("type", .string("agent.handoff")), ("previous_agent_id", .string("a")),
                    ("previous_agent_name", .string("A")), ("next_agent_id", .string("b")),
                    ("next_agent_name", .string("B")),
                ])
        }
    }

    private static func text(_ random: inout SplitMix64) -> JSONText {
        let pieces = ["a", " ", "é", "日本", "🦊", "\"", "\\", "\n", "{", "e\u{301}", "👩‍👩‍👧"]
        let count = Int.random(in: 1...12, using: &random)
        return .string((0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined())
    }

    private static func content(_ random: inout SplitMix64) -> JSONText {
        guard Bool.random(using: &random) else { return text(&random) }
        return .array(
            (0..<Int.random(in: 1...4, using: &random)).map { index in
                switch index == 0 ? 1 : Int.random(in: 0..<3, using: &random) {
                case 0: .object(["type": .string("text"), "text": text(&random)])
                case 1:
                    .object([
                        "type": .string("thinking"),
                        "thinking": .array([.object(["type": .string("text"), "text": text(&random)])]),
                        "closed": .bool(true),
                    ])
                default:
                    .object(["type": .string("tool_reference"), "tool": .string("web_search"), "title": text(&random)])
                }
            })
    }

    static func events(of entry: JSONText, at index: Int, _ random: inout SplitMix64) -> [JSONText] {
        func event(_ type: String, _ keys: [String], _ more: [(String, JSONText?)] = []) -> JSONText {
            let start: [(String, JSONText?)] = [("type", .string(type)), ("output_index", .int(index))]
            return .object(start + keys.map { ($0, entry[$0]) } + more)
        }
        let common = ["created_at", "id"]
        switch entry["type"]?.string {
        case "message.output":
            return pieces(of: entry["content"] ?? .null, &random).map { contentIndex, piece in
                event(
                    "message.output.delta", common + ["role", "model"],
                    [("content_index", .int(contentIndex)), ("content", piece)])
            }
        case "tool.execution":
            return [event("tool.execution.started", common + ["name", "function"], [("arguments", .string(""))])]
                + fragments(of: entry["arguments"]?.string ?? "", &random).map {
                    event("tool.execution.delta", common + ["name"], [("arguments", .string($0))])
                } + [event("tool.execution.done", common + ["name", "info"])]
        case "function.call":
            return fragments(of: entry["arguments"]?.string ?? "", &random).map {
                event("function.call.delta", common + ["name", "tool_call_id"], [("arguments", .string($0))])
            }
        default:
            return [
                event("agent.handoff.started", common + ["previous_agent_id", "previous_agent_name"]),
                event("agent.handoff.done", common + ["next_agent_id", "next_agent_name"]),
            ]
        }
    }

    private static func pieces(of content: JSONText, _ random: inout SplitMix64) -> [(Int, JSONText)] {
        if let text = content.string { return fragments(of: text, &random).map { (0, .string($0)) } }
        return content.elements.enumerated().flatMap { index, chunk -> [(Int, JSONText)] in
            switch chunk["type"]?.string {
            case "text": fragments(of: chunk["text"]?.string ?? "", &random).map { (index, .string($0)) }
            case "thinking":
                fragments(of: chunk["thinking"]?.elements[0]["text"]?.string ?? "", &random).map { fragment in
                    let thought = JSONText.object(["type": .string("text"), "text": .string(fragment)])
                    return (index, chunk.setting("thinking", to: .array([thought])))
                }
            default: [(index, chunk)]
            }
        }
    }

    /// Cuts the text between scalars, because a model's tokens do not respect characters.
    private static func fragments(of text: String, _ random: inout SplitMix64) -> [String] {
        var fragments = [""]
        for scalar in text.unicodeScalars {
            if Bool.random(using: &random) { fragments.append("") }
            fragments[fragments.count - 1].unicodeScalars.append(scalar)
        }
        return fragments
    }

    /// One list of all elements in a random order that keeps the order within each list.
    static func interleaved(_ lists: [[JSONText]], _ random: inout SplitMix64) -> [JSONText] {
        var lists = lists.map { $0[...] }
        var result: [JSONText] = []
        while let place = lists.indices.filter({ !lists[$0].isEmpty }).randomElement(using: &random) {
            result.append(lists[place].removeFirst())
        }
        return result
    }
}
