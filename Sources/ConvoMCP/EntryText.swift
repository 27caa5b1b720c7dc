import ConvoJSON
import ConvoModel
import ConvoStore

extension Entry {
    /// All that the entry says, as one text for an agent: quoted characters are counted in it.
    ///
    /// It follows from the entry alone, so that a part of it can be asked for by its place.
    var agentText: String { AgentText.block(pieces.joined(separator: "\n")) }

    private var pieces: [String] {
        func named(_ id: String) -> String { id.isEmpty ? "" : " (\(id))" }
        func lines(_ label: String, _ text: String) -> [String] { text.isEmpty ? [label] : [label + ":", text] }
        switch content {
        case .message(let chunks): return Entry.pieces(of: chunks)
        case .functionCall(let id, let name, let arguments): return lines("(call of \(name)\(named(id)))", arguments)
        case .functionResult(let id, let result): return lines("(result\(named(id)))", result)
        case .toolExecution(let name, let arguments, let info):
            let result = info.map { $0.string ?? $0.text } ?? ""
            return lines("(run of \(name))", arguments) + (result.isEmpty ? [] : lines("(result)", result))
        case .agentHandoff(let from, let to): return ["(handoff from \(from) to \(to))"]
        case .other: return [raw.text]
        }
    }

    /// The pieces of a message; adjacent texts are joined, so that a link that two of them share is seen.
    private static func pieces(of chunks: [EntryContent.Chunk]) -> [String] {
        var (pieces, joined): ([String], String?) = ([], nil)
        for chunk in chunks {
            if case .text(let more) = chunk {
                joined = (joined ?? "") + more
                continue
            }
            if let text = joined.take() { pieces.append(text) }
            pieces.append(words(of: chunk))
        }
        return (pieces + (joined.map { [$0] } ?? [])).filter { !$0.isEmpty }
    }

    private static func words(of chunk: EntryContent.Chunk) -> String {
        func short(_ text: String?) -> String { text.map { $0.hasPrefix("data:") ? "inline" : $0 } ?? "without a name" }
        return switch chunk {
        case .text(let text): text
        case .thinking(let text): text.isEmpty ? "" : "(thinking: \(text))"
        case .image(let url): "(image: \(short(url)))"
        case .document(let url, let name): "(document: \(short(name ?? url)))"
        case .file(let id, let name): "(file: \(short(name ?? id)))"
        case .reference(let title, let url):
            "(reference: \([title, url].compactMap(\.self).joined(separator: ", ")))"
        case .other(let chunk): "(\(chunk["type"]?.string ?? "something unknown"))"
        }
    }
}

extension EntryID {
    /// Whether the id is short enough to be shown; a longer one is not the API's, and its entry is called by its number.
    var isShort: Bool { rawValue.utf8.count <= 200 }
}

/// A part of one entry, as a result has it.
struct EntryPart {
    private static let knownTypes: Set<EntryType> = [
        .messageInput, .messageOutput, .functionCall, .functionResult, .toolExecution, .agentHandoff,
    ]
    private static let knownRoles: Set<String> = ["user", "assistant", "system", "tool"]

    let stored: StoredEntry
    /// The entry's place in its conversation; `nil` where it is not known.
    var number: Int?
    /// How many characters the whole entry has.
    let total: Int
    /// Where the part begins, in characters.
    let offset: Int
    /// What of the entry stands there, as far as a result could hold it.
    private let text: String.UnicodeScalarView
    /// How many characters it has.
    var count: Int

    /// Makes the part from a place to the entry's end.
    init(_ stored: StoredEntry, offset: Int = 0) {
        self.stored = stored
        let whole = stored.entry.agentText.unicodeScalars
        total = whole.count
        self.offset = min(offset, total)
        text = String.UnicodeScalarView(whole.dropFirst(offset).prefix(EntryPart.limit))
        count = text.count
    }

    /// Where the entry goes on behind the part; `nil` if the part reaches its end.
    var nextOffset: Int? { offset + count < total ? offset + count : nil }

    /// So many characters take more tokens than a result has, whatever they are.
    private static let limit = TokenEstimate.resultLimit * 3

    private var shown: String { String(text.prefix(count)) }

    var item: ResultPage.Item {
        let (entry, shown) = (stored.entry, shown)
        let isKnown = EntryPart.knownTypes.contains(entry.type)
        let role = entry.role.flatMap { EntryPart.knownRoles.contains($0) ? $0 : nil }
        var facts = [isKnown ? entry.type.rawValue : "entry of another type"]
        if let role { facts.append(role) }
        if let created = entry.createdAt { facts.append(AgentText.time(created)) }
        if let word = AgentText.word(stored.id.rawValue) { facts.append("id \(word)") }
        if offset > 0 || nextOffset != nil {
            facts.append("characters \(offset) to \(offset + count) of \(total)")
        }
        var quoted = QuotedText()
        quoted.add("#\(number.map { String($0) } ?? "?") " + facts.joined(separator: ", "))
        if !isKnown { quoted.quote("type", entry.type.rawValue) }
        quoted.quote(shown)
        let json = JSONText.object([
            "number": number.map { .int($0) },
            "id": stored.id.isShort ? .string(AgentText.line(stored.id.rawValue)) : nil,
            "type": .string(AgentText.line(entry.type.rawValue, limit: AgentText.nameLimit)),
            "role": entry.role.map { .string(AgentText.line($0, limit: AgentText.nameLimit)) },
            "created_at": entry.createdAt.map { .string(AgentText.time($0)) }, "text": .string(shown),
            "offset": offset > 0 ? .int(offset) : nil, "characters": .int(total),
            "next_offset": nextOffset.map { .int($0) }, "kept_here_only": stored.isLocalOnly ? .bool(true) : nil,
        ])
        return ResultPage.Item(text: quoted, json: json)
    }

    /// The part cut so that it fits.
    ///
    /// - Parameters:
    ///   - limit: the largest number of characters.
    ///   - fits: whether an item fits; if one does, so does a shorter one.
    /// - Returns: the part with as many characters as fit, at least one.
    func cut(to limit: Int, _ fits: (ResultPage.Item) -> Bool) -> EntryPart {
        var part = self
        var (least, most) = (1, max(1, min(count, limit)))
        while least < most {
            part.count = (least + most + 1) / 2
            if fits(part.item) { least = part.count } else { most = part.count - 1 }
        }
        part.count = min(least, count)
        return part
    }
}
