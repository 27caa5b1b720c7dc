import ConvoJSON
import ConvoModel
import ConvoSQLite
import SeededRandom
import Testing

@testable import ConvoStore

@Suite struct `An entry's JSON in the table` {
    private func entry(_ content: String) throws -> JSONText {
        try JSONText(
            #"{"object":"entry","type":"message.input","created_at":"2026-01-01T00:00:00.000000Z","id":"msg_1","role":"user","#
                + #""content":\#(JSONText.string(content).text)}"#)
    }

    @Test func `comes back as it was, long or short`() throws {
        var chance = SplitMix64(seed: 5)
        for length in [0, 1, 100, 200, 250, 256, 300, 1000, 100_000] {
            for alphabet in ["a", "ab c\n\"", "日本語é🙂", "0123456789abcdef"] {
                let letters = Array(alphabet)
                let text = String((0..<length).map { _ in letters[chance.int(in: 0...letters.count - 1)] })
                let json = try entry(text)
                #expect(try PackedJSON(json).unpacked() == json)
            }
        }
    }

    @Test func `is small where it is long`() throws {
        let json = try entry(String(repeating: "the same words again, ", count: 100))
        guard case .blob(let bytes) = PackedJSON(json).databaseValue else {
            Issue.record("it is not packed")
            return
        }
        #expect(bytes.count < json.text.utf8.count / 4)
        #expect(PackedJSON(try entry("short")).databaseValue == .text(try entry("short").text))
    }

    @Test func `says so where it is damaged, whatever the damage`() throws {
        guard case .blob(let bytes) = PackedJSON(try entry(String(repeating: "words, ", count: 200))).databaseValue
        else {
            Issue.record("it is not packed")
            return
        }
        var chance = SplitMix64(seed: 6)
        #expect(throws: DatabaseError.self) { try PackedJSON(databaseValue: .blob([])).unpacked() }
        #expect(throws: DatabaseError.self) { try PackedJSON(databaseValue: .blob([9] + bytes.dropFirst())).unpacked() }
        for length in 1..<bytes.count {
            #expect(throws: DatabaseError.self) {
                try PackedJSON(databaseValue: .blob(Array(bytes[..<length]))).unpacked()
            }
        }
        for _ in 0..<2000 {
            var damaged = bytes
            damaged[chance.int(in: 0...bytes.count - 1)] ^= UInt8(chance.int(in: 1...255))
            _ = try? PackedJSON(databaseValue: .blob(damaged)).unpacked()  // gives some text or an error, no crash
        }
    }

    @Test func `can be asked in SQL, text or blob`() throws {
        let file = try TemporaryStore()
        let long = try entry(String(repeating: "words, ", count: 200))
        for json in [long, try entry("short")] {
            let role = try file.store.read { database in
                try String.fetchOne(database, sql: "SELECT unpacked(?) ->> '$.role'", arguments: [PackedJSON(json)])
            }
            #expect(role == "user")
        }
    }
}
