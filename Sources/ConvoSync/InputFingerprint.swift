import ConvoJSON
import ConvoModel

/// The part of an input that is compared with what a server returns.
///
/// The server adds an id and times. It may write a text as chunks, and it may change the text: trim it, turn CRLF into
/// LF, drop control characters, normalise Unicode, escape it. Two texts are *equal* if one of those changes explains
/// the difference. They are *similar* if their letters and digits are the same: then nobody can be sure.
struct InputFingerprint {
    private let type: String
    /// A message's role, or the id of the call that a function result answers.
    private let subject: String?
    /// The text's forms; the first is the text as it came.
    private let forms: [NormalText]
    /// Everything that is not text (images, documents), in one canonical form.
    private let attachments: String

    init(_ entry: JSONText) {
        type = entry["type"]?.string ?? EntryType.messageInput.rawValue
        let content: JSONText?
        switch type {
        case EntryType.messageInput.rawValue, EntryType.messageOutput.rawValue:
            subject = entry["role"]?.string ?? (type == EntryType.messageInput.rawValue ? "user" : "assistant")
            content = entry["content"]
        case EntryType.functionResult.rawValue, EntryType.functionCall.rawValue:
            subject = entry["tool_call_id"]?.string
            content = entry["result"] ?? entry["arguments"]
        default:
            subject = nil
            content = entry
        }
        let chunks = content?.elements ?? []
        let text =
            content?.string
            ?? chunks.compactMap { $0["type"]?.string == "text" ? $0["text"]?.string : nil }.joined()
        forms = [text, TextEscapes.withoutEntities(text), TextEscapes.withoutBackslashes(text)]
            .compactMap(\.self).map { NormalText($0) }
        let rest =
            content?.kind == .array
            ? chunks.filter { $0["type"]?.string != "text" } : content?.kind == .object ? [content ?? .null] : []
        attachments = rest.map(CanonicalJSON.text).joined(separator: ",")
    }

    static func areEqual(_ some: Inputs, _ others: Inputs) -> Bool {
        let (mine, theirs) = (
            some.asEntries.map { InputFingerprint($0) }, others.asEntries.map { InputFingerprint($0) }
        )
        return mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.isEqual(to: $1) }
    }

    func isEqual(to other: InputFingerprint) -> Bool {
        isAboutTheSame(as: other) && attachments == other.attachments
            && pairs(with: other).contains { $0.0.text == $0.1.text }
    }

    func isSimilar(to other: InputFingerprint) -> Bool {
        isAboutTheSame(as: other) && pairs(with: other).contains { $0.0.isSimilar(to: $0.1) }
    }

    private func isAboutTheSame(as other: InputFingerprint) -> Bool { type == other.type && subject == other.subject }

    /// The pairs of forms to compare.
    ///
    /// One side is always the text as it came, because two texts that are equal only after both are unescaped are
    /// different texts.
    private func pairs(with other: InputFingerprint) -> [(NormalText, NormalText)] {
        guard let mine = forms.first, let theirs = other.forms.first else { return [] }
        return forms.map { ($0, theirs) } + other.forms.map { (mine, $0) }
    }
}

/// A text reduced to what a server does not change.
///
/// Swift compares the results by canonical equivalence, so NFC and NFD are equal.
private struct NormalText {
    /// Its words, with one space between two of them, and no control characters.
    let text: String
    /// Its letters and digits in lower case; of a text that has none, everything but white space.
    ///
    /// ``anyLetters`` stands for what compatibility normalisation (NFKC) may replace.
    private let letters: String
    /// Stands for any run of letters, none included: U+FFFF, which no text has.
    private static let anyLetters: Unicode.Scalar = "\u{FFFF}"

    init(_ original: String) {
        var words = String.UnicodeScalarView()
        var letters = String.UnicodeScalarView()
        var isGap = false
        for scalar in original.unicodeScalars {
            let properties = scalar.properties
            if properties.isWhitespace {
                isGap = true
                continue
            }
            if properties.generalCategory == .control || properties.generalCategory == .format { continue }
            if isGap, !words.isEmpty { words.append(" ") }
            isGap = false
            words.append(scalar)
            if let replaced = NormalText.compatible(scalar) {
                letters.append(contentsOf: replaced.unicodeScalars)
            } else if properties.isAlphabetic || properties.numericType != nil {
                letters.append(scalar)
            }
        }
        text = String(words)
        self.letters = letters.isEmpty ? text.filter { $0 != " " } : String(letters).lowercased()
    }

    /// Whether the letters are the same, if each ``anyLetters`` may be any run of them.
    func isSimilar(to other: NormalText) -> Bool {
        letters == other.letters || NormalText.matches(letters, other.letters)
            || NormalText.matches(other.letters, letters)
    }

    private static func matches(_ pattern: String, _ text: String) -> Bool {
        guard pattern.unicodeScalars.contains(anyLetters) else { return false }
        let (pattern, text) = (Array(pattern.unicodeScalars), Array(text.unicodeScalars))
        var (at, index) = (0, 0)
        /// The last ``anyLetters`` that the loop met: its place in the pattern, and the end of the run that it stands for.
        var run: (pattern: Int, text: Int)?
        while index < text.count {
            if at < pattern.count, pattern[at] == anyLetters {
                run = (at, index)
                at += 1
            } else if at < pattern.count, pattern[at] == text[index] {
                (at, index) = (at + 1, index + 1)
            } else if let last = run {
                run = (last.pattern, last.text + 1)
                (at, index) = (last.pattern + 1, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == anyLetters }
    }

    /// Replaces full-width forms and ligatures by the letters that they stand for, and every other scalar that NFKC
    /// would change by ``anyLetters``.
    ///
    /// - Returns: `nil` for a scalar that stays.
    private static func compatible(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0xFF01...0xFF5E:
            Unicode.Scalar(scalar.value - 0xFEE0).flatMap {
                $0.properties.isAlphabetic || $0.properties.numericType != nil ? String(Character($0)) : ""
            }
        case 0xFB00: "ff"
        case 0xFB01: "fi"
        case 0xFB02: "fl"
        case 0xFB03: "ffi"
        case 0xFB04: "ffl"
        default: isCompatibility(scalar) ? String(Character(anyLetters)) : nil
        }
    }

    /// Whether NFKC replaces the scalar.
    ///
    /// Swift tells only whether that or case folding changes it, or makes it vanish. ß and final sigma are only folded.
    private static func isCompatibility(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        guard properties.changesWhenNFKCCaseFolded, !properties.isDefaultIgnorableCodePoint,
            !["ß", "ẞ", "ς"].contains(scalar)
        else { return false }
        let lower = properties.lowercaseMapping.unicodeScalars
        return lower.contains { $0 == scalar || $0.properties.changesWhenNFKCCaseFolded }
    }
}

/// Reverses what a server may have escaped.
enum TextEscapes {
    /// The text with HTML's character references resolved; `nil` if it has no ampersand.
    static func withoutEntities(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return nil }
        var result = ""
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            let after = rest.index(after: start)
            if let end = rest[after...].prefix(longestEntity).firstIndex(of: ";"),
                let character = entity(rest[after..<end])
            {
                result.append(character)
                rest = rest[rest.index(after: end)...]
            } else {
                result.append("&")
                rest = rest[after...]
            }
        }
        result += rest
        return result
    }

    /// The text read as the inside of a JSON string; `nil` if it is not one, or has no backslash.
    static func withoutBackslashes(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return nil }
        return (try? JSONText("\"\(text)\""))?.string
    }

    private static let longestEntity = 10
    private static let names: [Substring: Character] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
    ]

    private static func entity(_ name: Substring) -> Character? {
        if let known = names[name] { return known }
        guard name.first == "#" else { return nil }
        let digits = name.dropFirst()
        let value = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap { Unicode.Scalar($0) }.map { Character($0) }
    }
}

/// Maps JSON texts with the same meaning to one text: members sorted by name, nulls left out, strings without needless
/// escapes.
enum CanonicalJSON {
    private static let depthLimit = 32

    static func text(_ value: JSONText) -> String { text(value, depth: 0) }

    /// A value that is nested deeper than any chunk of the API is compared as it came.
    private static func text(_ value: JSONText, depth: Int) -> String {
        guard depth < depthLimit else { return value.text }
        switch value.kind {
        case .object:
            let members = value.members.filter { !$0.value.isNull }
                .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return "{" + members.map { "\($0.key):\(text($0.value, depth: depth + 1))" }.joined(separator: ",") + "}"
        case .array: return "[" + value.elements.map { text($0, depth: depth + 1) }.joined(separator: ",") + "]"
        case .string: return JSONText.string(value.string ?? "").text
        case .number, .bool, .null: return value.text
        }
    }
}
