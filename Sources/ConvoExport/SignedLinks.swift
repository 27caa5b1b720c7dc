/// Removes the secret part of links that carry a signature in their query.
///
/// Such a link opens a file for whoever has it, for an hour or for days: the server puts them into the results of tools.
package enum SignedLinks {
    /// The text that stands in place of a query that is left out.
    static let placeholder = "?[signed link left out]"
    /// How many times the query is decoded: a link may stand, encoded, in a parameter of another one.
    private static let decodings = 3
    private static let names: Set<String> = ["sig", "signature", "sign", "hmac", "token", "jwt", "key-pair-id"]
    private static let suffixes = ["signature", "token", "-sig", "_sig", "credential"]

    /// The text with ``placeholder`` in place of each query, or fragment, that carries a signature.
    ///
    /// - Parameter text: any text; links in it need no scheme, and may be escaped as JSON, HTML or URLs escape.
    /// - Returns: the text; unchanged if it has no such link.
    package static func removed(from text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "=")) || bytes.contains(UInt8(ascii: "%")) else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard isQueryStart(bytes, index) else {
                result.append(bytes[index])
                index += 1
                continue
            }
            var end = index
            while end < bytes.count, !endsLink(bytes, end) { end += 1 }
            if isSigned(Array(bytes[index..<end])) {
                result.append(contentsOf: placeholder.utf8)
            } else {
                result.append(contentsOf: bytes[index..<end])
            }
            index = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A `?` or `#`, encoded or not, that follows the character of a link.
    private static func isQueryStart(_ bytes: [UInt8], _ index: Int) -> Bool {
        guard index > 0, !endsLink(bytes, index - 1) else { return false }
        if bytes[index] == UInt8(ascii: "?") || bytes[index] == UInt8(ascii: "#") { return true }
        guard bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count else { return false }
        let code = decoded(Array(bytes[index...(index + 2)])).first
        return code == UInt8(ascii: "?") || code == UInt8(ascii: "#")
    }

    /// Whether a byte cannot be part of a link, in plain text or in JSON's escapes.
    private static func endsLink(_ bytes: [UInt8], _ index: Int) -> Bool {
        switch bytes[index] {
        case 0...0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "`"),
            UInt8(ascii: "'"):
            return true
        case UInt8(ascii: "\\"):
            guard index + 1 < bytes.count else { return true }
            return [UInt8(ascii: "\""), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t")].contains(
                bytes[index + 1])
        default: return false
        }
    }

    private static func isSigned(_ query: [UInt8]) -> Bool {
        var query = query
        for _ in 0..<decodings {
            if hasSignature(query) { return true }
            let next = decoded(query)
            if next == query { return false }
            query = next
        }
        return hasSignature(query)
    }

    /// Whether the name of a parameter is one that signatures have.
    private static func hasSignature(_ query: [UInt8]) -> Bool {
        var name: [UInt8] = []
        for byte in query {
            switch byte {
            case UInt8(ascii: "="):
                if isName(String(decoding: name, as: UTF8.self).lowercased()) { return true }
                name = []
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                name.append(byte)
            default: name = []
            }
        }
        return false
    }

    private static func isName(_ name: String) -> Bool {
        // JSON may write the ampersand before the name as \u0026.
        let name = name.hasPrefix("u0026") ? String(name.dropFirst(5)) : name
        return names.contains(name) || suffixes.contains { name.hasSuffix($0) }
    }

    /// The bytes with `%41` read as `A`.
    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
