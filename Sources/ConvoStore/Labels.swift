import ConvoWords

/// A person's own name for a conversation: one line of text.
package struct LocalName: Sendable, Hashable {
    /// The longest name in bytes of UTF-8.
    static let limit = 512

    /// The name, without white space around it.
    package let text: String

    /// Checks a name.
    ///
    /// - Parameter text: the name; white space around it is removed.
    /// - Throws: ``StoreError/invalidName(_:)`` if it is empty, too long, or has a control character or a line break.
    package init(_ text: String) throws(StoreError) {
        let text = String(text.trimmed)
        guard !text.isEmpty else { throw .invalidName("it is empty") }
        guard text.utf8.count <= LocalName.limit else {
            throw .invalidName("it has \(text.utf8.count) bytes, more than the \(LocalName.limit) allowed")
        }
        guard !text.unicodeScalars.contains(where: \.isControl) else {
            throw .invalidName("it has a line break or another control character")
        }
        self.text = text
    }
}

/// A tag of a conversation: one word. Two tags are the same if search takes them for the same: case and diacritics do not
/// matter.
package struct Tag: Sendable {
    /// The longest tag in bytes of UTF-8.
    static let limit = 64
    /// The most tags that a person may give a conversation; an import, or two conversations that turn out to be one, may bring more.
    static let countLimit = 64
    /// Characters with a meaning in lists of tags, or in queries.
    private static let reserved: Set<Unicode.Scalar> = [",", "\"", "*"]

    /// The tag as the person wrote it.
    package let name: String
    /// The text by which tags are compared.
    package let folded: String

    /// Checks a tag.
    ///
    /// - Parameter name: the tag.
    /// - Throws: ``StoreError/invalidTag(_:reason:)``.
    package init(_ name: String) throws(StoreError) {
        guard !name.isEmpty else { throw .invalidTag(name, reason: "is empty") }
        guard name.utf8.count <= Tag.limit else {
            throw .invalidTag(name, reason: "has \(name.utf8.count) bytes, more than the \(Tag.limit) allowed")
        }
        guard !name.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.isControl }) else {
            throw .invalidTag(name, reason: "has a blank or a control character")
        }
        guard !name.unicodeScalars.contains(where: Tag.reserved.contains), !name.hasPrefix("-") else {
            throw .invalidTag(name, reason: "has a comma, a quotation mark or an asterisk, or begins with a dash")
        }
        let folded = FoldedText.of(name)
        guard !folded.isEmpty else { throw .invalidTag(name, reason: "has no character that can be seen") }
        (self.name, self.folded) = (name, folded)
    }

    /// Checks tags, and leaves out those that are the same as an earlier one.
    ///
    /// - Parameter names: the tags.
    /// - Returns: the tags, each once.
    /// - Throws: ``StoreError/invalidTag(_:reason:)`` for the first that is none.
    package static func distinct(_ names: [String]) throws(StoreError) -> [Tag] {
        var (tags, known): ([Tag], Set<String>) = ([], [])
        for name in names {
            let tag = try Tag(name)
            if known.insert(tag.folded).inserted { tags.append(tag) }
        }
        return tags
    }
}

/// A tag, and how many conversations have it.
public struct TagCount: Sendable, Hashable, Identifiable {
    /// The tag as it was written first.
    public let tag: String
    /// How many conversations have it.
    public let conversations: Int
    /// The tag.
    public var id: String { tag }
}

extension String {
    fileprivate var trimmed: Substring {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is a control character, or breaks a line or a paragraph.
    fileprivate var isControl: Bool {
        value < 0x20 || (0x7F..<0xA0).contains(value) || value == 0x2028 || value == 0x2029
    }
}
