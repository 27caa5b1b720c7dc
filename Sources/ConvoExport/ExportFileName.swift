package import ConvoModel

/// The names of the files of an export.
package enum ExportFileName {
    /// The longest name in bytes.
    package static let limit = 120
    /// The longest local id that stands in a name as it is, in bytes: those of the store have 16, imported ones as many as
    /// ``ArchiveReader/idLimit``.
    private static let idLimit = ArchiveReader.idLimit
    /// How much of any other id stands in a name, in characters.
    private static let pieceLimit = 32

    /// A name for a conversation's file: its local id, a readable piece of its name, and the format's extension, such as
    /// `0a8pk3m2v9q4r7s1-trip-to-lyon.md`.
    ///
    /// It holds letters, digits, the marks that belong to letters, and single dashes between them: no separator, no
    /// control character, no name that a system reserves, and no secret of a link that stands in the conversation's name.
    ///
    /// - Parameters:
    ///   - id: the conversation's local id.
    ///   - name: the conversation's name; `nil` if it has none.
    ///   - fileExtension: the extension without its dot.
    /// - Returns: the name, of at most ``limit`` bytes.
    package static func of(_ id: LocalID, name: String?, fileExtension: String) -> String {
        let stem = stem(of: id)
        let room = limit - stem.utf8.count - fileExtension.utf8.count - 2
        let piece = readable(name?.shown ?? "", room: room)
        return "\(stem)\(piece.isEmpty ? "" : "-\(piece)").\(fileExtension)"
    }

    /// Whether a file's name is one that ``of(_:name:fileExtension:)`` gives the conversation, whatever its name was
    /// then: a file keeps its name when the conversation gets another.
    ///
    /// - Parameters:
    ///   - file: the file's name.
    ///   - id: the conversation's local id.
    ///   - fileExtension: the extension without its dot.
    /// - Returns: whether it is.
    package static func isName(_ file: String, of id: LocalID, fileExtension: String) -> Bool {
        let stem = stem(of: id)
        guard file.hasPrefix(stem), file.hasSuffix(".\(fileExtension)") else { return false }
        let rest = file.dropFirst(stem.count)
        return rest.first == "-" || rest.count == fileExtension.count + 1
    }

    /// The part of a file's name before the readable piece; different ids have different ones.
    ///
    /// It is the id itself where that is usual: short, of small letters and digits. Any other id loses what does not fit,
    /// and gets its digest behind a `_`, which no usual one has.
    package static func stem(of id: LocalID) -> String {
        let isUsual = { (scalar: Unicode.Scalar) in ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) }
        let scalars = id.rawValue.unicodeScalars
        if (1...idLimit).contains(scalars.count), scalars.allSatisfy(isUsual) { return id.rawValue }
        let piece = scalars.prefix(pieceLimit).map { isUsual($0) ? Character($0) : "_" }
        return "\(String(piece))_\(TextDigest(id.rawValue).hexadecimal)"
    }

    private static func readable(_ name: String, room: Int) -> String {
        var result = ""
        var isGap = false
        for character in name {
            guard character.unicodeScalars.allSatisfy(isKept), !character.unicodeScalars.allSatisfy(isMark) else {
                isGap = !result.isEmpty
                continue
            }
            let piece = (isGap ? "-" : "") + character.lowercased()
            guard result.utf8.count + piece.utf8.count <= room else { break }
            result += piece
            isGap = false
        }
        return result
    }

    private static func isKept(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
            true
        default: false
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark: true
        default: false
        }
    }
}
