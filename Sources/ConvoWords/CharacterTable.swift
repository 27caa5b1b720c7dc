import CUnicode

/// What search knows of a character: what it is, and what it is searched as.
///
/// The values come from the Unicode character database by `scripts/generate-unicode-tables`, not from the tables of the
/// system or of Swift's runtime, so that an index stays right when those are updated.
struct CharacterEntry {
    /// How search treats a character.
    enum Kind: UInt32 {
        /// A part of a word: a letter, a digit, or a mark that is a letter.
        case word
        /// A diacritic, a joiner or a selector: it stands inside words, and is dropped.
        case dropped
        /// An emoji, or another sign that is a word of its own.
        case symbol
        case separator
        /// A letter of a script that sets no spaces between words.
        case unspaced
        /// As ``word`` and ``unspaced``, for a letter that the mark or jamo behind it may join.
        case joinableWord, joinableUnspaced
    }

    /// The case of a letter, by which ``WordScanner`` finds the parts of a `camelCase` word.
    enum Case: UInt32 { case neither, lower, upper }

    let bits: UInt32

    var kind: Kind { Kind(rawValue: bits >> 21 & 7) ?? .separator }
    var letterCase: Case { Case(rawValue: bits >> 24 & 3) ?? .neither }
    /// The rank of a mark in the canonical order; 0 for what is no mark, ``joins`` for what may join the letter before it.
    var order: UInt32 { bits >> 26 & 31 }
    /// Whether the character is searched as several.
    var isExpanded: Bool { bits >> 31 != 0 }

    static let joins: UInt32 = 31

    /// The scalar that a character with this entry is searched as.
    func scalar(of value: UInt32) -> UInt32 {
        let searched = bits & 0x1F_FFFF
        return searched == 0 ? value : searched
    }

    /// The entry of a character; one that is no character has a separator's.
    init(of value: UInt32) {
        guard value < 0x11_0000 else {
            self.init(bits: Kind.separator.rawValue << 21)
            return
        }
        let block = Int(convo_unicode.blockOf[Int(value >> 7)])
        self.init(bits: convo_unicode.entries[block << 7 | Int(value & 127)])
    }

    init(bits: UInt32) { self.bits = bits }

    /// The entries of the scalars that the character is searched as, if it is ``isExpanded``.
    var expansion: UnsafeBufferPointer<UInt32> {
        let start = convo_unicode.expansions + Int(bits & 0x7FFF_FFFF)
        return UnsafeBufferPointer(start: start + 1, count: Int(start.pointee))
    }
}

/// Letters that a mark or a jamo joins: か and ゛ are が, и and a breve are й, ㅎ and ㅏ are 하.
enum Composition {
    private static let (syllables, leads, vowels, finals): (UInt32, UInt32, UInt32, UInt32) = (
        0xAC00, 0x1100, 0x1161, 0x11A7
    )
    private static let (leadCount, vowelCount, finalCount): (UInt32, UInt32, UInt32) = (19, 21, 28)

    /// The letter that a letter and what follows it make together; `nil` if they make none.
    static func of(_ letter: UInt32, _ follower: UInt32) -> UInt32? {
        if letter >= leads, letter < leads + leadCount, follower >= vowels, follower < vowels + vowelCount {
            return syllables + ((letter - leads) * vowelCount + follower - vowels) * finalCount
        }
        if letter >= syllables, letter < syllables + leadCount * vowelCount * finalCount,
            (letter - syllables) % finalCount == 0, follower > finals, follower < finals + finalCount
        {
            return letter + follower - finals
        }
        var (low, high) = (0, Int(convo_unicode.compositionCount))
        while low < high {
            let middle = (low + high) / 2
            let row = convo_unicode.compositions + middle * 3
            if (row[0], row[1]) == (letter, follower) { return row[2] & 0x1F_FFFF }
            if (row[0], row[1]) < (letter, follower) { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}

/// The tables' origin.
package enum UnicodeTables {
    /// The version of the Unicode character database that they were made from.
    package static let version = String(cString: convo_unicode.version)
    /// The CRC-32 of their values.
    package static let checksum = convo_unicode.checksum
}
