import ConvoModel
import ConvoSQLite
import SeededRandom
import Testing

@testable import ConvoStore

@Suite final class `The index agrees with its content`: StoreSuite {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `after any history of writes and deletions`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let words = ["alpha", "béta", "日本語", "camelCase", "🎉", "data:x", "", "one two"]
        func text() -> String {
            (0..<Int.random(in: 0...5, using: &generator)).map { _ in words.randomElement(using: &generator) ?? "" }
                .joined(separator: " ")
        }
        for round in 0..<rounds(40) {
            let number = Int.random(in: 1...6, using: &generator)
            let count = Int.random(in: 0...8, using: &generator)
            let updated = Timestamp(microseconds: 1_800_000_000_000_000 + Int64(round))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1, 2:
                let entries = (0..<count).map { message("m\($0)", text(), role: $0 % 2 == 0 ? "user" : "assistant") }
                try store.mirror(
                    .sample("conv_\(number)", updated: updated.text, extra: #","description":"\#(text())""#), entries)
            case 3:
                guard let id = try? store.conversation(matching: "conv_\(number)").id else { continue }
                let write = try? store.append(AppendRequest(inputs: .text(text() + " x")), to: id)
                if let write, Bool.random(using: &generator) { _ = try store.cancel(write.operation) }
            default:
                guard let id = try? store.conversation(matching: "conv_\(number)").id else { continue }
                _ = try? store.delete(id, .local)  // the store refuses it where writes wait
            }
            if round % 10 == 9 { try store.checkIntegrity() }
        }
        for word in ["alpha", "béta", "日本語", "camelCase"] {
            var scanned = 0
            for conversation in try store.conversations(limit: 100) {
                let history = try store.history(of: conversation.id, withDropped: true)
                scanned += history.entries.count { SearchText.of($0.entry.raw).contains(word) }
                scanned += history.pending.count { SearchText.of($0.inputs).contains(word) }
                scanned += (conversation.description ?? "").contains(word) ? 1 : 0
            }
            #expect(try store.search(word).total == scanned, "\(word)")
        }
    }

    @Test(arguments: ["entry_fts", "conversation_fts"])
    func `or the check of the whole file says so`(index: String) throws {
        _ = try temporary.conversation("conv_1")
        try store.checkIntegrity()
        try store.run("UPDATE \(index)_data SET block = zeroblob(8) WHERE id > 10")
        #expect(throws: StoreError.self) { try store.checkIntegrity() }
    }

    @Test func `or the check names a row that belongs to nothing`() throws {
        _ = try temporary.append(to: temporary.conversation("conv_1"))
        try store.pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA foreign_keys = OFF; DELETE FROM conversation; PRAGMA foreign_keys = ON")
        }
        #expect(refusal { try store.checkIntegrity() }.contains("names a row that is not there"))
    }

    @Test func `where one transaction brings two histories of a conversation`() throws {
        let conversation = try Conversation.sample("conv_1")
        _ = try store.ingest([conversation])
        let histories = try ["first", "second"].map {
            FetchedHistory(
                try ConversationHistory.sample("conv_1", [message("m0", $0)]), version: conversation.updatedAt.text)
        }
        try store.ingest(histories)
        try store.checkIntegrity()
        #expect(try store.search("first").total == 0)
        #expect(try store.search("second").total == 1)
    }

    @Test func `gathers parts, and makes few of many`() throws {
        func parts() throws -> Int {
            try store.number("SELECT COUNT(DISTINCT segid) FROM entry_fts_idx") ?? 0
        }
        var most = 0
        for number in 0..<99 {
            try store.mirror(.sample("conv_\(number)"), [message("m\(number)", "word\(number)")])
            most = max(most, try parts())
        }
        #expect(most == 63)
        #expect(try parts() > 16)
        while try store.mergeIndex(hasMoreToCome: false) {}
        #expect(try parts() <= 2)
        #expect(try !store.mergeIndex(hasMoreToCome: false))
        try store.checkIntegrity()
        #expect(try store.search("word98").total == 1)
    }
}
