import ConvoJSON
import ConvoModel

extension StoredConversation {
    /// What a list calls the conversation: the local name, or else the server's, or else the first words of its first message;
    /// `(no name)` if it has nothing to be called by.
    public var title: String {
        if let localName { return localName }
        if let name, !name.allSatisfy(\.isWhitespace) { return name }
        return opening ?? "(no name)"
    }
}

/// The first words of a conversation that has no name.
enum Opening {
    /// The longest piece, in characters.
    static let limit = 80
    /// How many entries are looked at: the first message of a person stands behind no more.
    static let entryLimit = 8

    /// SQL for the first message of the conversation `c`, if it has no name; an entry, or else the request of a write.
    static let selection = """
        CASE WHEN c.local_name IS NULL AND trim(IFNULL(c.name, '')) = '' THEN IFNULL(
            (SELECT raw FROM
                (SELECT raw, type, role FROM entry e WHERE e.conversation = c.key ORDER BY e.position, e.key LIMIT \(entryLimit))
                WHERE type = 'message.input' AND IFNULL(role, 'user') = 'user' LIMIT 1),
            (SELECT o.request FROM operation o WHERE o.conversation = c.key AND o.kind IN ('start', 'append', 'restart')
                AND o.state <> 'cancelled' ORDER BY o.sequence LIMIT 1)) END
        """

    /// The first words of a message.
    ///
    /// - Parameter json: an entry, or the request of a write.
    /// - Returns: the words on one line; `nil` if it has none.
    static func words(of json: JSONText) -> String? {
        guard let inputs = json["inputs"] else { return words(ofContent: json["content"]) }
        guard inputs.kind == .array else { return words(ofContent: inputs) }
        return inputs.elements.lazy.filter { $0["type"]?.string ?? "message.input" == "message.input" }
            .compactMap { words(ofContent: $0["content"]) }.first
    }

    private static func words(ofContent content: JSONText?) -> String? {
        guard let content else { return nil }
        guard content.kind == .array else { return content.string.flatMap(words) }
        return content.elements.lazy.compactMap { $0["text"]?.string.flatMap(words) }.first
    }

    private static func words(of text: String) -> String? {
        // A few more than are shown: what makes a link a signed one stands behind its beginning.
        let start = SignedLink.removed(from: String(text.unicodeScalars.prefix(4 * limit)))
        var (line, count, isGap) = ("", 0, false)
        for character in start {
            guard !character.isWhitespace else {
                isGap = count > 0
                continue
            }
            guard count + (isGap ? 2 : 1) <= limit else { return line.dropLast(count == limit ? 1 : 0) + "…" }
            line += isGap ? " " : ""
            line.append(character)
            count += isGap ? 2 : 1
            isGap = false
        }
        return line.isEmpty ? nil : line
    }
}
