import ConvoJSON
import ConvoModel
import ConvoStore
import Foundation
import TestFolders

@testable import ConvoBackup

/// A store and a backup folder, in a folder of a test's own.
struct BackupHouse {
    let folder: TemporaryFolder
    let store: Store
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.file("convo.db"))
        path = folder.file("backups")
    }

    /// Opens the folder; nobody waits for a lock in a test.
    func open(_ access: BackupFolder.Access) throws -> BackupFolder {
        try BackupFolder(path, for: access, patienceSeconds: 0)
    }

    @discardableResult
    func queue(_ count: Int) throws -> [OperationID] {
        try (0..<count).map { number in
            var request = StartRequest(inputs: .text("text \(number) " + String(repeating: "word ", count: 200)))
            request.model = "m"
            return try store.start(request).operation
        }
    }

    /// Ingests a conversation with one entry, as the server's list and history bring it.
    func mirror(_ entry: String) throws {
        let conversation = try Conversation(
            raw: JSONText(
                #"{"id":"conv_1","object":"conversation","model":"m","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:01Z"}"#
            ))
        _ = try store.ingest([conversation])
        let history = try ConversationHistory(
            raw: JSONText(#"{"conversation_id":"conv_1","entries":[\#(entry)],"object":"conversation.history"}"#))
        _ = try store.ingest([FetchedHistory(history, version: conversation.updatedAt.text)])
    }

    @discardableResult
    func backUp() throws -> BackupOutcome {
        try open(.making).makeBackup(of: store, at: Timestamp(microseconds: 1_795_930_643_000_000))
    }

    /// The permissions of a file or folder.
    func mode(_ path: String) throws -> Int {
        try (FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) ?? -1
    }

    /// Changes one bit of a file of the backup folder.
    func damage(_ file: String, at offset: Int, bit: Int = 0) throws {
        let url = URL(fileURLWithPath: path + "/" + file)
        var data = try Data(contentsOf: url)
        data[offset] ^= 1 << UInt8(bit)
        try data.write(to: url)
    }
}
