import ConvoModel
import ConvoStore
import SeededRandom
import Testing

@testable import ConvoBackup

@Suite struct `The manifest of a backup` {
    private let chunk = [1, 2, 3].withUnsafeBytes { ChunkName(of: $0) }

    private func manifest(
        name: String = "000012-20261129T053723Z", database: String = "/home/a/convo.db",
        files: [(String, Int64, Int)] = [("database", 250, 3)]
    ) -> BackupManifest {
        BackupManifest(
            name: name, madeAt: Timestamp(microseconds: 1_795_930_643_123_456), database: database,
            census: StoreCensus(schemaVersion: 7, conversations: 1, entries: 2, operations: 3, openOperations: 1),
            chunkSize: 100,
            files: files.map { BackupManifest.File(name: $0, size: $1, chunks: Array(repeating: chunk, count: $2)) })
    }

    @Test func `is read as it was written`() throws {
        let whole = manifest(
            database: "/a b/50%\u{301}/%\n\u{301}\u{7F}ü\u{301}/convo.db",
            files: [("database", 250, 3), ("files/a/b c", 0, 0), ("files/\u{301}\r\n", 100, 1)])
        let read = try BackupManifest(text: whole.text)
        #expect(read == whole && read.databaseKey == whole.databaseKey)
        #expect(read.files.map { Array($0.name.utf8) } == whole.files.map { Array($0.name.utf8) })
    }

    @Test func `lists chunks as sha256sum does, and ends with the digest of everything before`() {
        let text = manifest().text
        let lines = text.split(separator: "\n")
        #expect(lines.contains("\(chunk)  chunks/\(chunk.description.prefix(2))/\(chunk)"))
        let body = lines.dropLast().map { $0 + "\n" }.joined()
        #expect(lines.last.map(String.init) == "sha256 \(SHA256.hex(body))")
    }

    @Test func `is refused where any one bit is another`() throws {
        let bytes = Array(manifest().text.utf8)
        for place in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                guard let text = String(validating: damaged, as: UTF8.self) else { continue }
                #expect(throws: ManifestError.self) { try BackupManifest(text: text) }
            }
        }
    }

    @Test func `is refused where it was cut, anywhere`() {
        let text = manifest().text
        for count in 0..<text.utf8.count {
            #expect(throws: ManifestError.self) {
                try BackupManifest(text: String(decoding: text.utf8.prefix(count), as: UTF8.self))
            }
        }
    }

    private func signed(_ body: String) -> String { body + "sha256 \(SHA256.hex(body))\n" }

    private func body(_ change: (String) -> String) -> String {
        let lines = manifest().text.split(separator: "\n").dropLast()
        return signed(change(lines.map { $0 + "\n" }.joined()))
    }

    @Test func `of a newer layout says so, and a fact that is not known is passed over`() throws {
        let newer = body { $0.replacing("convo-backup 1\n", with: "convo-backup 2\n") }
        #expect(throws: ManifestError.newer(version: 2)) { try BackupManifest(text: newer) }
        let more = body { $0.replacing("schema 7\n", with: "schema 7\nmood good\n") }
        #expect(try BackupManifest(text: more) == manifest())
    }

    @Test(arguments: [
        ("file 250 database", "file 350 database"), ("file 250 database", "file 150 database"),
        ("file 250 database", "file -1 database"), ("file 250 database", "file 250 files/x"),
        ("file 250 database", "file 9999999999999999999 database"), ("chunk-size 100", "chunk-size 0"),
        ("chunk-size 100", "chunk-size 99999999999"), ("schema 7", "schema seven"), ("name 000012", "name ../../x"),
        ("chunks/", "chunks/../"), ("entries 2\n", ""), ("entries 2", "entries"),
    ])
    func `is refused where its lines make no sense`(old: String, new: String) {
        #expect(throws: ManifestError.self) { try BackupManifest(text: body { $0.replacing(old, with: new) }) }
    }

    @Test(arguments: ["%", "%2", "a%2x", "%+1", "%80", "%C3%BC", "%\u{301}25", "%2\u{301}5"])
    func `is refused where a character is not written as it should be`(path: String) {
        #expect(BackupManifest.unescaped(Substring(path)) == nil)
    }

    @Test(arguments: [
        "files/../x", "files/a/../../x", "files//x", "files/", "files", "/x", "x", "files/./x", "files/a\0b",
    ])
    func `names no file outside its folder`(name: String) {
        #expect(!BackupManifest.isSafe(name))
        let text = manifest(files: [("database", 250, 3), (name, 0, 0)]).text
        #expect(throws: ManifestError.self) { try BackupManifest(text: text) }
    }

    @Test func `gets a number above all others, whatever the clock says`() {
        let names = ["000002-20261129T053723Z", "000010-20250101T000000Z", "notes.txt", "12-20250101T000000Z"]
        let next = BackupManifest.name(after: names, at: Timestamp(microseconds: 0))
        #expect(next == "000011-19700101T000000Z")
        #expect(BackupManifest.number(of: next) == 11)
        #expect(BackupManifest.name(after: [], at: Timestamp(microseconds: 0)) == "000001-19700101T000000Z")
    }

    @Test func `of three backups says who needs a chunk`() throws {
        let other = try #require(ChunkName(String(repeating: "a", count: 64)))
        let first = manifest(name: "000001-20261129T053723Z")
        let second = BackupManifest(
            name: "000002-20261129T053723Z", madeAt: first.madeAt, database: "/x", census: first.census, chunkSize: 100,
            files: [.init(name: "database", size: 150, chunks: [chunk, other])])
        #expect(BackupFolder.users([first, second]) == [chunk: [first.name, second.name], other: [second.name]])
        #expect(BackupFolder.wrongLengths(second, [chunk: 100, other: 50]).isEmpty)
        #expect(BackupFolder.wrongLengths(second, [chunk: 100, other: 51]).count == 1)
    }
}
