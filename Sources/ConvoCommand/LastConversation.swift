import ConvoIPC
import ConvoModel
import ConvoPlatform

/// The file `<database>.last`, which names the conversations that were used last: what `@` and `-` stand for.
///
/// Each line is an id, a blank and the number of the terminal's session in which it was used, the newest first: so two terminals
/// beside each other each have a last conversation of their own, and a new one begins with the newest of all.
///
/// It is no part of the database, so that a verb that only reads writes nothing there. Nothing depends on it: where it is
/// missing, malformed or cannot be written, a person names the conversation.
struct LastConversation {
    /// Longer ids are not kept.
    private static let lengthLimit = 255
    /// How many sessions are kept.
    private static let sessionLimit = 16
    private static let sizeLimit = 8192

    private struct Use {
        let id: LocalID
        let session: Int
    }

    private let database: String
    private let session: Int

    /// - Parameters:
    ///   - database: the canonical path of the database.
    ///   - session: the number of the session of this process's terminal (getsid(2)).
    init(of database: String, session: Int = Int(getsid(0))) { (self.database, self.session) = (database, session) }

    private var path: String { database + ".last" }

    /// The local id of the conversation that was used last in this session, or else in any; `nil` if none was used yet.
    func read() -> LocalID? {
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return nil }
        defer { close(descriptor) }
        let uses = LastConversation.uses(in: descriptor)
        return (uses.first { $0.session == session } ?? uses.first)?.id
    }

    /// Names a conversation, unless the file does already.
    func note(_ id: LocalID) {
        guard id.rawValue.utf8.count <= LastConversation.lengthLimit,
            !id.rawValue.utf8.contains(where: { $0 == 0x0A || $0 == 0x20 }),
            let descriptor = try? SidecarFile.open(path, O_RDWR | O_CREAT, beside: database)
        else { return }
        defer { close(descriptor) }
        // Two programs at once; the lock ends with the descriptor.
        guard flock(descriptor, LOCK_EX) == 0 else { return }
        let known = LastConversation.uses(in: descriptor)
        if let first = known.first, first.id == id, first.session == session { return }
        let uses = [Use(id: id, session: session)] + known.filter { $0.session != session }
        let lines = uses.prefix(LastConversation.sessionLimit).map { "\($0.id.rawValue) \($0.session)\n" }
        let bytes = Array(lines.joined().utf8)
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else { return }
        _ = ftruncate(descriptor, off_t(bytes.count))
    }

    /// The uses that the file names; a line that is malformed, or has no end, names none.
    private static func uses(in descriptor: Int32) -> [Use] {
        var bytes = [UInt8](repeating: 0, count: sizeLimit)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0, let text = String(validating: bytes[..<count], as: UTF8.self) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, !words[0].isEmpty, words[0].utf8.count <= lengthLimit, let session = Int(words[1])
            else { return nil }
            return Use(id: LocalID(String(words[0])), session: session)
        }
    }
}
