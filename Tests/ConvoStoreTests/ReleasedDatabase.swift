import ConvoJSON
import ConvoModel
import ConvoSQLite
import Foundation
import SeededRandom
import Synchronization
import TestFolders

@testable import ConvoStore

/// A database with rows in every table, which `scripts/fixture` keeps of each release: whatever comes later must open it.
///
/// The clock, the random numbers and the place are always the same, so that the same sources make the same content.
struct ReleasedDatabase {
    private let clock = SettableClock()
    private let path: String

    /// Makes the database and the folder of its files.
    ///
    /// - Parameter path: where; there must be no such file.
    /// - Throws: ``StoreError``, or what a sample of the tests throws.
    static func make(at path: String) throws {
        let database = ReleasedDatabase(path: path)
        database.clock.set("2026-03-01T09:00:00Z")
        try database.fill()
    }

    private init(path: String) { self.path = path }

    /// Dependencies that say that the file lies where the one of a release was made.
    ///
    /// Opened with others, it is a copy, in which open writes are held.
    ///
    /// - Parameters:
    ///   - clock: the clock that the store reads.
    ///   - index: the version of the index's rules.
    ///   - seed: what the random numbers follow from.
    /// - Returns: the dependencies.
    static func dependencies(
        _ clock: SettableClock, index: Int = SearchIndex.version, seed: UInt64 = 1
    ) -> StoreDependencies {
        let random = Mutex(SplitMix64(seed: seed))
        var dependencies = StoreDependencies(
            now: { clock.now }, uptime: { Uptime(boot: "fixture", microseconds: clock.now.microseconds) },
            randomBits: { random.withLock { $0.next() } },
            location: { _ in DatabaseLocation(machine: "fixture", fileSystem: 1, inode: 1, createdAt: 1) },
            timeZone: { .utc })
        dependencies.indexVersion = index
        return dependencies
    }

    private func fill() throws {
        do {
            let store = try Store(path: path, environment: Self.dependencies(clock))
            try store.recordOwner(
                server: "https://api.mistral.ai",
                account: Account(
                    user: .init(id: "user-1", name: "Ada"), workspace: .init(id: "workspace-1", name: "Lab"),
                    organization: .init(id: "organization-1")), key: "a key of the fixture")
            try list(store)
            try histories(store)
            try files(store)
            try writes(store)
            try labels(store)
            try imports(store)
            try store.notePull(isSweep: true)
            try close(store)
        }
        // A program of the version before writes to it too, and leaves its changes of the index to the newer ones.
        let older = try Store(
            path: path, environment: Self.dependencies(clock, index: SearchIndex.version - 1, seed: 2))
        _ = try older.append(AppendRequest(inputs: .text("pear of an older program")), to: id("conv_lyon", older))
        try close(older)
    }

    /// Brings everything into the one file.
    private func close(_ store: Store) throws {
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    private func id(_ name: String, _ store: Store) throws -> LocalID { try store.localID(matching: name) }

    private func list(_ store: Store) throws {
        let description =
            #","description":"Budget und Straße — 東京, مرحبا, नमस्ते","instructions":"Be brief.","unknown":1.0"#
        let first = try ConversationPage(elements: [
            Conversation.sample("conv_lyon", extra: description).raw, Conversation.sample("conv_code").raw,
            Conversation.sample("conv_branch", created: "2026-01-02T00:00:00.000000Z").raw,
            Conversation.sample("conv_gone").raw, Conversation.sample("conv_hidden").raw, .null,
            JSONText(#"{"name":"it has no id"}"#),
        ])
        _ = try store.ingest(first, at: PageKey(page: 0, size: 7), digest: PageDigest(point: 11, value: 12))
        let second = try ConversationPage(elements: [
            Conversation.sample("conv_still").raw, Conversation.sample("conv_long").raw,
        ])
        _ = try store.ingest(second, at: PageKey(page: 1, size: 7), digest: PageDigest(point: 13, value: 14))
    }

    private func histories(_ store: Store) throws {
        let lyon = [
            message("msg_1", "Was kostet die Reise nach Lyon? 🚆 \u{1B}[31mred\u{1B}[0m"),
            reply("msg_2", "About 120 €."),
            message("msg_3", "Und zurück, über die Straße?"),
            reply("msg_4", "## Plan\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        ]
        try store.take("conv_lyon", lyon)
        try store.take(
            "conv_branch",
            [lyon[0], lyon[1], message("msg_5", "A branch of it: 東京タワー и привет"), reply("msg_6", "echo")])
        try store.take(
            "conv_code",
            [
                message("code_1", "Draw it, and call the function."),
                #"{"object":"entry","type":"tool.execution","id":"code_2","name":"image_generation","arguments":"{}","created_at":"2026-01-01T00:00:02Z","completed_at":"2026-01-01T00:00:03Z"}"#,
                #"{"object":"entry","type":"message.output","id":"code_3","role":"assistant","created_at":"2026-01-01T00:00:04Z","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Here."},{"type":"tool_file","tool":"image_generation","file_id":"file-1","file_name":"plan","file_type":"png"},{"type":"tool_file","file_id":"file-2","file_name":"table","file_type":"csv"},{"type":"tool_file","file_id":"file-3","file_name":"gone","file_type":"png"}]}"#,
                #"{"object":"entry","type":"function.call","id":"code_4","name":"price","tool_call_id":"call-1","arguments":"{\"exact\":1.0,\"ticket\":12345678901234567890}","created_at":"2026-01-01T00:00:05Z","later":[1e400,-0,"\u00e9"]}"#,
            ])
        for name in ["conv_gone", "conv_hidden", "conv_still"] { try store.take(name, exchange(name)) }
        // What the server keeps leaving out stays, and is marked.
        for _ in 0...HistoryRecheck.outdatedLimit {
            clock.advance(seconds: 200)
            try store.take("conv_lyon", [lyon[0], lyon[1], reply("msg_7", "instead")])
        }
        try store.recordUnreadableHistory(
            of: RemoteID("conv_long"), version: "2026-01-01T00:00:00.000001Z", reason: "it is larger than 4 GB")
        try store.markDeletedRemotely([RemoteID("conv_gone")])
        _ = try store.delete(id("conv_hidden", store), .local)
    }

    private func files(_ store: Store) throws {
        let files = try store.files(of: id("conv_code", store))
        if var partial = try store.fileFolder.partial(files[0].key) {
            try partial.append(Array("a,b\n1,2\n".utf8))
            _ = try store.keep(partial, as: files[0].key)
        }
        try store.delay(file: files[1].key, until: clock.now + .seconds(60), reason: "server_failed")
        try store.markUnavailable(file: files[2].key, as: .gone, reason: "not_found")
    }

    /// A write in each state.
    private func writes(_ store: Store) throws {
        let answered = try store.start(.sample("Guten Morgen"))
        try store.markDelivered(
            answered.operation,
            response: ConversationResponse(
                raw: JSONText(
                    #"{"conversation_id":"conv_new","outputs":[\#(reply("new_2", "echo: Guten Morgen"))],"usage":{"prompt_tokens":3}}"#
                )))
        let unstored = try store.start(.sample("not kept there", isStored: false))
        try store.markDelivered(
            unstored.operation,
            response: ConversationResponse(
                raw: JSONText(#"{"conversation_id":"conv_unstored","outputs":[\#(reply("u_2", "echo"))],"usage":{}}"#)))
        _ = try store.start(.sample("queued: budget of March"))
        let sending = try store.start(.sample("sending"))
        _ = try store.markSending(sending.operation, base: nil)
        let doubtful = try store.start(.sample("in doubt"))
        _ = try store.markSending(doubtful.operation, base: nil)
        try store.markInDoubt(doubtful.operation, reason: .lost, nextAttempt: clock.now + .seconds(30))
        try store.markStopped(
            store.start(.sample("refused")).operation, from: .queued, as: .refused, reason: .no)
        let held = try store.append(AppendRequest(inputs: .text("held: and the way back?")), to: id("conv_lyon", store))
        try store.markStopped(
            held.operation, from: .queued, as: .held, reason: OutboxItem.Reason(code: "overtaken", message: "later"))
        _ = try store.cancel(store.start(.sample("cancelled")).operation)
        _ = try store.accept(
            .start(.sample("asked for at the endpoint")), identity: "a request", content: "asked", isNamed: true,
            as: store.makeOperationID())
        _ = try store.restart(
            RestartRequest(from: EntryID("msg_2"), inputs: .text("another tone")), of: id("conv_lyon", store))
        _ = try store.delete(id("conv_still", store), .remote)
        try store.setConflictPolicy(.branch, of: id("conv_code", store))
    }

    private func labels(_ store: Store) throws {
        try store.rename(id("conv_lyon", store), to: "Trip to Lyon")
        try store.tag(id("conv_lyon", store), adding: ["Travel", "à-payer"])
        try store.tag(id("conv_code", store), adding: ["travel"])
    }

    private func imports(_ store: Store) throws {
        let folder = try TemporaryFolder()
        let other = try Store(path: folder.file("other.db"), environment: Self.dependencies(clock, seed: 3))
        try other.mirror(.sample("conv_other"), [message("o_1", "apple"), reply("o_2", "pie")])
        _ = try store.ingest(other.archive(of: other.localID(matching: "conv_other")))
        try store.finishImport()
    }
}
