import ConvoModel
import ConvoSandbox
import ConvoServer
import FoundationEssentials
import Testing

@Suite struct `Fuzzed bodies` {
    /// `CONVO_FUZZ_COUNT` asks for a longer run, `CONVO_FUZZ_SEED` for another one or the same again.
    private static let count = ProcessInfo.processInfo.environment["CONVO_FUZZ_COUNT"].flatMap { Int($0) } ?? 3000
    private static let seed = ProcessInfo.processInfo.environment["CONVO_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

    private static let bodies = [
        #"{"model":"m","inputs":"x sandbox:tool sandbox:calls=2","metadata":{"a":1.0},"tools":[{"type":"web_search"}]}"#,
        #"{"agent_id":"a","agent_version":2,"inputs":[{"role":"user","content":[{"type":"text","text":"\u00e9"}]}]}"#,
        #"{"inputs":[{"type":"function.result","tool_call_id":"x","result":"y"}],"completion_args":{"stop":["a"]}}"#,
        #"{"tool_confirmations":[{"tool_call_id":"a","confirmation":"allow"}]}"#,
        #"{"inputs":"","from_entry_id":"msg_1","store":false,"guardrails":[{"block_on_error":true}]}"#,
    ]

    @Test func `are answered or refused, whatever they are`() async throws {
        var dice = Generator(state: Self.seed)
        let sandbox = try Sandbox()
        var answered = 0
        var latest = RemoteID("conv_none")
        for _ in 0..<Self.count {
            var bytes = Array(Self.bodies.randomElement(using: &dice)?.utf8 ?? "".utf8)
            for _ in 0..<Int.random(in: 0...3, using: &dice) { Self.mutate(&bytes, &dice) }
            guard let body = try? JSONText(utf8: bytes), body.kind == .object else { continue }
            do {
                let answer =
                    switch Int.random(in: 0...2, using: &dice) {
                    case 0: try await sandbox.start(body)
                    case 1: try await sandbox.append(body, to: latest)
                    default: try await sandbox.restart(body, of: latest)
                    }
                latest = try ConversationResponse(raw: answer).conversationID
                answered += 1
                // A history that only grows would make the run quadratic.
                if answered.isMultiple(of: 20) { try await sandbox.delete(latest) }
            } catch let error as ServiceError {
                guard case .answer(400...503, _, _) = error else {
                    Issue.record("\(error) for \(body)")
                    return
                }
            }
        }
        #expect(answered > 0)
        for record in await sandbox.records.elements {
            _ = try Conversation(raw: try #require(record["conversation"]))
        }
    }

    /// A byte changed, dropped, doubled, or a piece of the text moved.
    private static func mutate(_ bytes: inout [UInt8], _ dice: inout Generator) {
        guard let place = bytes.indices.randomElement(using: &dice) else { return }
        switch Int.random(in: 0...4, using: &dice) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array(#"{}[]",:0-.eE\ntru"#.utf8).randomElement(using: &dice) ?? 0, at: place)
        case 3:
            let end = min(bytes.count, place + Int.random(in: 1...20, using: &dice))
            bytes.insert(contentsOf: bytes[place..<end], at: bytes.indices.randomElement(using: &dice) ?? 0)
        default:
            let end = min(bytes.count, place + Int.random(in: 1...20, using: &dice))
            bytes.removeSubrange(place..<end)
        }
    }
}

/// SplitMix64, prng.di.unimi.it/splitmix64.c
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
