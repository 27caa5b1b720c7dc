/// A word of a text that has a signed link.
struct SignedWord {
    /// Parameters that are secrets.
    private static let names: Set<String> = [
        "sign", "hmac", "hm", "jwt", "key-pair-id", "sas", "key", "api-key", "auth", "authorization", "passwd", "pwd",
    ]
    /// Ends of the names of others: Azure's `sig`, `X-Amz-Signature`, `access_token`, `awsaccesskey`.
    private static let suffixes = [
        "sig", "signature", "token", "credential", "apikey", "api_key", "accesskey", "access_key", "access-key",
        "secret", "password",
    ]
    private static let longestName = 64
    /// `a?hm=b`
    private static let shortestWord = 6
    private static let openers = Set("\"'()[]{}|,=".utf8)
    private static let closers = Set(")]}'|*.,:!".utf8)

    /// Where the link begins.
    let start: Int
    /// Where its query, or its fragment, begins.
    let query: Int
    /// Where it ends: with the word, but for closing marks. Which bytes behind a secret's name do not belong to it cannot be told.
    let end: Int

    /// Reads a word; `nil` if no link in it is signed.
    ///
    /// - Parameter word: one of ``candidates(in:)``.
    init?(_ word: ArraySlice<UInt8>) {
        guard let query = SignedWord.signedQuery(of: word) else { return nil }
        self.query = query
        start = SignedWord.start(of: word, before: query)
        end = word.endIndex - word[(query + 1)...].reversed().prefix { SignedWord.closers.contains($0) }.count
    }

    /// The words of a text that have an `=`, or what may be an escaped one.
    ///
    /// Every text that is indexed comes through here, so this has one branch for each byte.
    static func candidates(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var (start, isCandidate) = (0, false)
        for index in 0...bytes.count {
            // What cannot be part of a link, in plain text or in JSON's escapes, ends a word.
            switch index < bytes.count ? bytes[index] : 0 {
            case UInt8(ascii: "="), UInt8(ascii: "%"), UInt8(ascii: "&"):
                isCandidate = true
                continue
            case UInt8(ascii: "\\"):
                isCandidate = true
                guard index + 1 == bytes.count || "\"nrt".utf8.contains(bytes[index + 1]) else { continue }
            case 0...0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "`"): break
            default: continue
            }
            if isCandidate, index - start >= shortestWord { words.append(start..<index) }
            (start, isCandidate) = (index + 1, false)
        }
        return words
    }

    /// Where the query of a signed link begins in a word; `nil` if it has none.
    private static func signedQuery(of word: ArraySlice<UInt8>) -> Int? {
        if let query = signedQuery(in: word) { return query }
        // An ampersand may separate parameters; one of HTML's has a semicolon.
        guard word.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: ";") })
        else { return nil }
        let plain = UnescapedWord(word)
        return signedQuery(in: plain.bytes[...]).map { plain.places[$0] }
    }

    /// Where the query begins that has a parameter with the name of a secret.
    ///
    /// A query begins with `?` or `#`, or in a path with `&` or `;`. Where a link says `://`, a secret needs no query.
    private static func signedQuery(in word: ArraySlice<UInt8>) -> Int? {
        var (query, hasPath, hasScheme): (Int?, Bool, Bool) = (nil, false, false)
        var name = word.startIndex..<word.startIndex
        for index in word.indices {
            switch word[index] {
            case UInt8(ascii: "="):
                if let start = query ?? (hasScheme ? name.lowerBound - 1 : nil), isSecret(word[name]) { return start }
                name = index + 1..<index + 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                name = (name.upperBound == index ? name.lowerBound : index)..<index + 1
            case UInt8(ascii: "]"): break  // a[sig]=
            case let byte:
                name = index + 1..<index + 1
                let isQuery = (byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")) && index > word.startIndex
                let isPart = (byte == UInt8(ascii: "&") || byte == UInt8(ascii: ";")) && hasPath
                if query == nil, isQuery || isPart { query = index }
                guard byte == UInt8(ascii: "/") else { continue }
                hasPath = true
                hasScheme = hasScheme || word[..<index].suffix(2).elementsEqual(":/".utf8)
            }
        }
        return nil
    }

    private static func isSecret(_ name: ArraySlice<UInt8>) -> Bool {
        let end = String(decoding: name.suffix(longestName), as: UTF8.self).lowercased()
        return names.contains(end) || suffixes.contains { end.hasSuffix($0) }
    }

    /// Where the link begins whose query begins at a place of the word: at its scheme, or behind what opens it.
    private static func start(of word: ArraySlice<UInt8>, before query: Int) -> Int {
        let scheme = word[..<query].indices.last { index in
            guard word[index] | 0x20 == UInt8(ascii: "h") else { return false }
            let head = word[index..<query].prefix(6).map { $0 | 0x20 }
            let rest = head.starts(with: "https".utf8) ? head.dropFirst(5) : head.dropFirst(4)
            guard head.starts(with: "http".utf8), let mark = rest.first else { return false }
            // A colon, or an escaped one.
            return ":%&\\".utf8.contains { $0 | 0x20 == mark }
        }
        return scheme ?? word[..<query].lastIndex { openers.contains($0) }.map { $0 + 1 } ?? word.startIndex
    }
}

/// A word with everything unescaped that URLs (`%3D`), JSON (`\u003d`, `\/`) and HTML (`&#61;`, `&amp;`) escape, however often.
private struct UnescapedWord {
    private static let longestReference = 32
    private static let references: [String: UInt8] = [
        "amp": UInt8(ascii: "&"), "equals": UInt8(ascii: "="), "quest": UInt8(ascii: "?"), "num": UInt8(ascii: "#"),
        "sol": UInt8(ascii: "/"), "colon": UInt8(ascii: ":"), "semi": UInt8(ascii: ";"), "percnt": UInt8(ascii: "%"),
        "bsol": UInt8(ascii: "\\"), "lowbar": UInt8(ascii: "_"),
    ]

    private(set) var bytes: [UInt8] = []
    /// Where each of the bytes, or its escape, begins in the word.
    private(set) var places: [Int] = []

    init(_ word: ArraySlice<UInt8>) {
        bytes.reserveCapacity(word.count)
        places.reserveCapacity(word.count)
        for index in word.indices {
            bytes.append(word[index])
            places.append(index)
            // What was unescaped may be the end of another escape: %2541 is %41, which is A.
            while let (length, value) = lastEscape() {
                bytes.removeLast(length)
                places.removeLast(length - 1)
                bytes.append(value)
            }
        }
    }

    /// The escape that the bytes end with: its length, and what it stands for.
    private func lastEscape() -> (length: Int, value: UInt8)? {
        switch bytes.last {
        case UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return bytes.dropLast().last == UInt8(ascii: "\\") ? bytes.last.map { (2, $0) } : nil
        case UInt8(ascii: ";"):
            let end = bytes.suffix(UnescapedWord.longestReference).dropLast()
            guard let start = end.lastIndex(of: UInt8(ascii: "&")) else { return nil }
            return UnescapedWord.character(String(decoding: end[(start + 1)...], as: UTF8.self))
                .map { (bytes.count - start, $0) }
        case let last? where UnescapedWord.isHexDigit(last):
            if let value = number("%", digits: 2) { return (3, value) }
            if let value = number("\\x", digits: 2) { return (4, value) }
            return number("\\u", digits: 4).map { (6, $0) }
        default: return nil
        }
    }

    /// The byte that the digits at the end stand for behind a mark.
    private func number(_ mark: String, digits: Int) -> UInt8? {
        let end = bytes.suffix(mark.utf8.count + digits)
        guard end.starts(with: mark.utf8), end.count == mark.utf8.count + digits,
            end.suffix(digits).allSatisfy(UnescapedWord.isHexDigit)
        else { return nil }
        return UInt8(String(decoding: end.suffix(digits), as: UTF8.self), radix: 16)
    }

    /// The ASCII character that HTML's reference stands for, by its name or number.
    private static func character(_ reference: String) -> UInt8? {
        guard reference.hasPrefix("#") else { return references[reference.lowercased()] }
        let digits = reference.dropFirst()
        let isHex = digits.first == "x" || digits.first == "X"
        let value = isHex ? UInt8(digits.dropFirst(), radix: 16) : UInt8(digits)
        return value.flatMap { $0 < 0x80 ? $0 : nil }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
