import ConvoJSON
import ConvoModel
import ConvoStore

/// An entry as a document for people shows it: who, when, and what.
///
/// No text in it has the secret of a signed link: all of them pass through `shown` where a value is made.
struct ShownEntry {
    enum Piece: Equatable {
        /// What a person or a model wrote, in Markdown as a rule.
        case text(String)
        /// What a model thought before it answered.
        case thinking(String)
        /// What a program said, with what it is: the arguments of a call, a result.
        case code(label: String, text: String)
        /// An image, a document, a file, a reference: what it is and its name.
        case attachment(kind: String, name: String)
        /// A file that is stored here.
        case file(ExportedFile)
    }

    let speaker: String
    /// The entry's time in UTC, to the second; `nil` if it has none.
    let time: String?
    let pieces: [Piece]

    /// - Parameters:
    ///   - archived: the entry.
    ///   - files: those of the conversation's files that are stored here.
    init(_ archived: ArchivedEntry, files: [ExportedFile] = []) {
        let entry = archived.entry
        let own = files.filter { $0.entry == archived.id }
        speaker = ShownEntry.speaker(of: entry).shown
        time = entry.createdAt.map { ShownEntry.time($0) }
        let pieces = ShownEntry.pieces(of: entry, storedFiles: Set(own.compactMap(\.fileID)))
        self.pieces = (pieces + own.map(Piece.file)).map(\.shown)
    }

    /// A moment as documents show it, the same in every time zone: `2026-03-11 10:00:00 UTC`.
    static func time(_ moment: Timestamp) -> String {
        let text = Timestamp(microseconds: moment.microseconds).text
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// The text of a message, without thoughts and attachments.
    var text: String {
        pieces.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
    }

    private static func speaker(of entry: Entry) -> String {
        switch entry.type {
        case .messageInput where entry.role == "assistant": "assistant (given)"
        case .messageInput: entry.role ?? "user"
        case .messageOutput: entry.raw["model"]?.string.map { "assistant (\($0))" } ?? entry.role ?? "assistant"
        case .functionCall: "function call"
        case .functionResult: "function result"
        case .toolExecution: "tool"
        case .agentHandoff: "handoff"
        default: entry.type.rawValue
        }
    }

    /// The pieces as the entry has them, but for the files whose ids are given.
    private static func pieces(of entry: Entry, storedFiles: Set<String>) -> [Piece] {
        func code(_ label: String, _ text: String) -> [Piece] {
            text.isEmpty ? [] : [.code(label: label, text: text)]
        }
        func call(_ id: String) -> String { id.isEmpty ? "" : " (\(id))" }
        switch entry.content {
        case .message(let chunks): return pieces(of: chunks, storedFiles)
        case .functionCall(let id, let name, let arguments):
            let standing = entry.raw["confirmation_status"]?.string.map { ", \($0)" } ?? ""
            return code("call of \(name)\(call(id))\(standing)", arguments)
        case .functionResult(let id, let result): return code("result\(call(id))", result)
        case .toolExecution(let name, let arguments, let info):
            return code("call of \(name)", arguments) + code("result", info.map { $0.string ?? $0.text } ?? "")
        case .agentHandoff(let from, let to): return code("handoff", "\(from) → \(to)")
        case .other: return code("entry", entry.raw.text)
        }
    }

    /// The pieces of a message; adjacent texts are joined, so that a link that two of them share is seen.
    private static func pieces(of chunks: [EntryContent.Chunk], _ storedFiles: Set<String>) -> [Piece] {
        var (pieces, joined): ([Piece], String?) = ([], nil)
        for chunk in chunks {
            if case .file(let id?, _) = chunk, storedFiles.contains(id) { continue }
            let piece = piece(chunk)
            if case .text(let more) = piece {
                joined = (joined ?? "") + more
                continue
            }
            if let text = joined.take() { pieces.append(.text(text)) }
            pieces.append(piece)
        }
        if let joined { pieces.append(.text(joined)) }
        return pieces.filter { $0 != .text("") && $0 != .thinking("") }
    }

    private static func piece(_ chunk: EntryContent.Chunk) -> Piece {
        switch chunk {
        case .text(let text): .text(text)
        case .thinking(let text): .thinking(text)
        case .image(let url): .attachment(kind: "image", name: short(url))
        case .document(let url, let name): .attachment(kind: "document", name: short(name ?? url))
        case .file(let id, let name): .attachment(kind: "file", name: short(name ?? id))
        case .reference(let title, let url):
            .attachment(kind: "reference", name: [title, url].compactMap(\.self).joined(separator: ", "))
        case .other(let chunk): .attachment(kind: chunk["type"]?.string ?? "something unknown", name: "")
        }
    }

    /// A URL or a name, with inline data replaced by a word.
    private static func short(_ text: String?) -> String {
        guard let text else { return "" }
        return text.hasPrefix("data:") ? "(inline)" : text
    }
}

extension ShownEntry.Piece {
    /// The piece without the secrets of links, in whatever member of the entry they stood.
    fileprivate var shown: ShownEntry.Piece {
        switch self {
        case .text(let text): .text(text.shown)
        case .thinking(let text): .thinking(text.shown)
        case .code(let label, let text): .code(label: label.shown, text: text.shown)
        case .attachment(let kind, let name): .attachment(kind: kind.shown, name: name.shown)
        case .file(let file): .file(file.named(file.name.shown))
        }
    }
}

extension ArchivedConversation.Facts {
    /// What people call the conversation: the person's own name for it, or else the server's.
    var title: String? { localName ?? name }

    /// The facts without the secrets of links; ids and times stay as they are.
    var shown: ArchivedConversation.Facts {
        var facts = self
        facts.name = name?.shown
        facts.localName = localName?.shown
        facts.tags = tags.map(\.shown)
        facts.description = description?.shown
        facts.model = model?.shown
        facts.agentID = agentID?.shown
        return facts
    }
}

extension String {
    /// The text as documents for people have it: signed links without their queries.
    var shown: String { SignedLink.queriesRemoved(from: self) }
}
