import ConvoJSON
import ConvoModel
import ConvoSandbox
import FoundationEssentials
import MistralEmulator
import TestFolders
import Testing

@Suite struct `A sandbox with a database` {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("state")
    }

    @Test func `has all of it again the next time`() async throws {
        let records = try await visiting(database: path) { visitor in
            let kept = try await visitor.start("kept")
            _ = try await visitor.append("sandbox:confirm", to: kept)
            let call = try await visitor.entries(of: kept).last?["tool_call_id"]?.string ?? ""
            _ = try await visitor.post(
                kept, #"{"tool_confirmations":[{"tool_call_id":"\#(call)","confirmation":"allow"}]}"#)
            let gone = try await visitor.start("gone")
            _ = try await visitor.delete(gone)
            return await visitor.sandbox.records
        }
        #expect(records.elements.count == 1)
        for _ in 0..<2 {
            let again = try Sandbox(database: path)
            #expect(await again.records == records)
        }
    }

    @Test func `has files and owners again, and no file that was deleted`() async throws {
        let keys = "keys=a@ada,b@bob"
        let ids = try await visiting(key: "a", database: path, turned: [keys]) { visitor in
            let reply = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"sandbox:image=2"}"#)
            let chunks = reply.json["outputs"]?.elements.last?["content"]?.elements ?? []
            let ids = chunks.compactMap { $0["file_id"]?.string }
            _ = try await visitor.delete("/v1/files/\(ids[1])")
            return ids
        }
        for _ in 0..<2 {
            try await visiting(key: "a", database: path, turned: [keys]) { visitor in
                let bob = visitor.bearing("b")
                let statuses = [
                    try await visitor.get("/v1/files/\(ids[0])/content").status,
                    try await visitor.get("/v1/files/\(ids[1])/content").status,
                    try await bob.get("/v1/files/\(ids[0])/content").status,
                ]
                #expect(statuses == [200, 404, 404])
                #expect(try await visitor.get(Visitor.collection).json.elements.count == 1)
                #expect(try await bob.get(Visitor.collection).json.elements.isEmpty)
            }
        }
    }

    @Test func `drops a last line that a crash cut short, and goes on`() async throws {
        let records = try await visiting(database: path) { visitor in
            _ = try await visitor.start()
            return await visitor.sandbox.records
        }
        let whole = try Data(contentsOf: URL(filePath: path))
        for cut in [1, 20, whole.count - 1] {
            try (whole + whole.prefix(cut)).write(to: URL(filePath: path))
            let again = try Sandbox(database: path)
            #expect(await again.records == records)
        }
    }

    @Test func `is refused while another has it, and where it is something else`() async throws {
        let first = try Sandbox(database: path)
        #expect(throws: JournalError.inUse(path: path)) { try Sandbox(database: path) }
        _ = await first.records
        let other = folder.file("other")
        try Data("not ours\n".utf8).write(to: URL(filePath: other))
        #expect(throws: JournalError.unreadable(line: 1, path: other)) { try Sandbox(database: other) }
        #expect(try Data(contentsOf: URL(filePath: other)) == Data("not ours\n".utf8))
    }
}

@Suite(.sandbox) struct `What is loaded` {
    private static let record =
        #"[{"conversation":{"id":"conv_a","created_at":"2025-06-16T09:19:08.735790Z","updated_at":"2025-06-16T09:20:03.273654Z","agent_id":"ag","unknown":1.0,"big":12345678901234567890,"text":"\u00e9\/","none":null},"entries":[{"type":"future.kind","id":"f1","x":1.50,"y":[ 1 , 2 ]}]}]"#

    @Test func `is served as it was, but for white space between tokens`() async throws {
        let records = try JSONText(Self.record)
        #expect(try await visitor.sandbox.load(records) == 1)
        let loaded = try #require(records.elements.first)
        #expect(try await visitor.get(Visitor.collection + "/conv_a").text == loaded["conversation"]?.text)
        #expect(try await visitor.entries(of: Visitor.collection + "/conv_a") == loaded["entries"]?.elements)
    }

    @Test func `can be gone on with`() async throws {
        _ = try await visitor.sandbox.load(try JSONText(Self.record))
        #expect(try await visitor.append("x", to: Visitor.collection + "/conv_a").status == 200)
        let conversation = try await visitor.get(Visitor.collection + "/conv_a").json
        #expect(conversation["big"]?.text == "12345678901234567890")
        #expect(conversation["updated_at"]?.string != "2025-06-16T09:20:03.273654Z")
    }

    @Test func `leaves what is there alone, where it is asked to`() async throws {
        _ = try await visitor.sandbox.load(try JSONText(Self.record))
        _ = try await visitor.append("x", to: Visitor.collection + "/conv_a")
        #expect(try await visitor.sandbox.load(try JSONText(Self.record), keepingPresent: true) == 0)
        #expect(try await visitor.entries(of: Visitor.collection + "/conv_a").count == 3)
    }

    @Test func `is taken in whole or not at all`() async throws {
        let good = try #require(try JSONText(Self.record).elements.first)
        for bad in [JSONText.object([]), .object(["conversation": .object([]), "entries": .array([])])] {
            await #expect(throws: LoadError.self) { try await visitor.sandbox.load(.array([good, bad])) }
        }
        #expect(try await visitor.sandbox.records == .array([]))
    }
}
