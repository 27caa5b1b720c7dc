import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Synchronization
import Testing

@testable import ConvoSync

@Suite final class `An answer that is watched`: MirroredSuite {
    private func event(_ json: String) throws -> ConversationEvent { try ConversationEvent(raw: JSONText(json)) }

    private func events(_ id: RemoteID) throws -> [ConversationEvent] {
        [
            try event(#"{"type":"conversation.response.started","conversation_id":"\#(id)"}"#),
            try event(
                #"{"type":"message.output.delta","id":"m1","output_index":0,"content":"half","role":"assistant"}"#),
            try event(
                #"{"type":"conversation.response.done","usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#
            ),
        ]
    }

    @Test func `is kept as far as it came before the connection broke`() async throws {
        let write = try test.append("mine", to: chat.local)
        test.server.streams(Array(try events(chat.remote).dropLast()), error: .lost)
        let turn = try await test.engine.takeTurn()
        let item = try await test.engine.deliver(write, turn: turn, streaming: Streaming(write) { _ in })
        #expect(item.state == .inDoubt)
        #expect(try test.texts(chat.local) == ["hello", "echo", "half"])
    }

    @Test(arguments: [0, 1, 2]) func `is kept as far as it came: without the last events`(lost: Int) async throws {
        let write = try test.append("mine", to: chat.local)
        let all = try events(chat.remote)
        test.server.streams(Array(all.dropLast(lost)), error: lost == 2 ? .lost : nil)
        let seen = Mutex(0)
        let streaming = Streaming(write) { _ in seen.withLock { $0 += 1 } }
        let turn = try await test.engine.takeTurn()
        let item = try await test.engine.deliver(write, turn: turn, streaming: streaming)
        #expect(seen.withLock { $0 } == 3 - lost)
        #expect(item.state == (lost == 0 ? .delivered : .inDoubt))
        if lost == 1 {
            #expect(item.reason?.code == "truncated_stream")
            #expect(try test.store.response(to: write)?["outputs"]?.elements.count == 1)
            #expect(try test.texts(chat.local) == ["hello", "echo", "half"])
        }
        #expect(test.server.requests().contains("append stream \(chat.remote)"))
    }
}
