import ConvoJSON
import ConvoModel
import SeededRandom
import Synchronization
import TestFolders

@testable import ConvoCommand
@testable import ConvoStore

/// A database with conversations whose names and texts are in many scripts, or would be obeyed by a terminal; the same each time.
struct Household {
    let store: Store
    let parent: LocalID
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let random = Mutex(SplitMix64(seed: 20))
        let now = OutputStyle.plain.times.now
        store = try Store(
            path: folder.path + "/convo.db",
            environment: StoreDependencies(
                now: { now }, uptime: { Uptime(boot: "a", microseconds: now.microseconds) },
                randomBits: { random.withLock { $0.next() } }, timeZone: { .utc }))
        for (number, name) in (Hostile.names + [""]).enumerated() {
            try Household.mirror(number, name, in: store)
        }
        parent = try store.localID(matching: "conv_0")
        for (number, name) in Hostile.names.enumerated() {
            var request = RestartRequest(from: EntryID("m0.1"), inputs: .text(name + " about the budget"))
            if number > 2 { request = RestartRequest(from: EntryID("m0.2"), inputs: .text("?")) }
            let branch = try store.restart(request, of: parent)
            guard number == 1 else { continue }
            try store.markStopped(
                branch.operation, from: .queued, as: .refused,
                reason: OutboxItem.Reason(code: "http_422", message: "The model \u{1B}[5mdoes not\u{1B}[0m exist: 京都"))
            for text in Hostile.names {
                _ = try store.append(AppendRequest(inputs: .text(text)), to: branch.conversation)
            }
        }
    }

    private static func mirror(_ number: Int, _ name: String, in store: Store) throws {
        let times = #""created_at":"2026-09-\#(10 + number)T10:00:00.000000Z""#
        let conversation = try Conversation(
            raw: JSONText(
                #"{"id":"conv_\#(number)","object":"conversation","model":"mistral-medium-latest","name":\#(JSONText.string(name)),"#
                    + #"\#(times),"updated_at":"2026-09-\#(10 + number)T11:00:00.000000Z"}"#))
        let entries = (1...2).map { place in
            #"{"object":"entry","type":"message.input","id":"m\#(number).\#(place)","role":"user",\#(times),"content":"#
                + JSONText.string("What does the budget say of it? \(name)").text + "}"
        }
        _ = try store.ingest([conversation])
        let history = try ConversationHistory(
            raw: JSONText(
                #"{"conversation_id":"conv_\#(number)","entries":[\#(entries.joined(separator: ","))],"object":"conversation.history"}"#
            ))
        _ = try store.ingest([FetchedHistory(history, version: conversation.updatedAt.text)])
    }
}
