import ConvoJSON
import ConvoModel
import ConvoSandbox
import ConvoServer
import Expectations
import Fuzzing
import MistralEmulator
import Testing

@Suite struct `Fuzzed bodies` {
    private static let bodies = [
        #"{"model":"m","inputs":"x sandbox:tool sandbox:calls=2","metadata":{"a":1.0},"tools":[{"type":"web_search"}]}"#,
        #"{"agent_id":"a","agent_version":2,"inputs":[{"role":"user","content":[{"type":"text","text":"\u00e9"}]}]}"#,
        #"{"inputs":[{"type":"function.result","tool_call_id":"x","result":"y"}],"completion_args":{"stop":["a"]}}"#,
        #"{"tool_confirmations":[{"tool_call_id":"a","confirmation":"allow"}]}"#,
        #"{"inputs":"","from_entry_id":"msg_1","store":false,"guardrails":[{"block_on_error":true}]}"#,
    ]

    @Test func `are answered or refused, whatever they are`() async throws {
        var mutator = Mutator(seed: 6)
        var run = FuzzRun(standard: 3000)
        let sandbox = try Sandbox()
        var answered = 0
        var latest = RemoteID("conv_none")
        while run.next() {
            let original = Array(Self.bodies.randomElement(using: &mutator.random)?.utf8 ?? "".utf8)
            // One body of four stays undamaged, so that there are conversations.
            let isWhole = Int.random(in: 0..<4, using: &mutator.random) == 0
            let bytes =
                isWhole ? original : mutator.mutate(original) { (try? JSONText(utf8: $0))?.kind == .object }
            guard let body = try? JSONText(utf8: bytes), body.kind == .object else { continue }
            do {
                let answer =
                    switch Int.random(in: 0...2, using: &mutator.random) {
                    case 0: try await sandbox.start(body)
                    case 1: try await sandbox.append(body, to: latest)
                    default: try await sandbox.restart(body, of: latest)
                    }
                latest = try ConversationResponse(raw: answer).conversationID
                answered += 1
                // Without this the histories would only grow, and the run would be quadratic.
                if answered.isMultiple(of: 20) { try await Self.clear(sandbox) }
            } catch let error as ServiceError {
                guard case .answer(400...503, _, _) = error else { throw Unexpected("\(error) for \(body)") }
            }
        }
        if let summary = run.summary { print(summary, "answered: \(answered)") }
        #expect(run.isBounded)
        #expect(answered > 0)
        for record in await sandbox.records.elements {
            _ = try Conversation(raw: try #require(record["conversation"]))
        }
    }

    private static func clear(_ sandbox: Sandbox) async throws {
        for record in await sandbox.records.elements {
            try await sandbox.delete(try Conversation(raw: try #require(record["conversation"])).id)
        }
    }
}
