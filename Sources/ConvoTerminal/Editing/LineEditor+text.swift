import CLineEditor
import ConvoPlatform

/// What Swift has as text, libedit has as wide characters.
extension LineEditor {
    static func wide(_ text: String) -> UnsafeMutablePointer<wchar_t> {
        let scalars = text.unicodeScalars.filter { $0 != "\0" }
        let wide = UnsafeMutablePointer<wchar_t>.allocate(capacity: scalars.count + 1)
        for (place, scalar) in scalars.enumerated() { wide[place] = wchar_t(scalar.value) }
        wide[scalars.count] = 0
        return wide
    }

    static func scalar(_ character: wchar_t) -> Unicode.Scalar {
        Unicode.Scalar(UInt32(bitPattern: character)) ?? "\u{FFFD}"
    }

    static func text(_ scalars: [Unicode.Scalar]) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// The prompt with marks around the escape sequences of its style; libedit drops one behind which there is no character,
    /// so the last character comes behind it.
    static func marked(_ prompt: String) -> String {
        var pieces = pieces(of: prompt).filter { !$0.text.isEmpty }
        if pieces.count > 1, pieces[pieces.count - 1].isEscape, !pieces[pieces.count - 2].isEscape,
            let last = pieces[pieces.count - 2].text.popLast()
        {
            pieces.append((String(last), false))
        }
        return pieces.map { $0.isEscape ? "\u{1}\($0.text)\u{1}" : $0.text }.joined()
    }

    static func withoutEscapes(_ prompt: String) -> String {
        pieces(of: prompt).filter { !$0.isEscape }.map(\.text).joined()
    }

    private static func pieces(of prompt: String) -> [(text: String, isEscape: Bool)] {
        var (pieces, rest): ([(String, Bool)], Substring) = ([], prompt[...])
        while let escape = rest.firstIndex(of: "\u{1B}") {
            let end = rest[escape...].firstIndex(of: "m").map { rest.index(after: $0) } ?? rest.endIndex
            pieces += [(String(rest[..<escape]), false), (String(rest[escape..<end]), true)]
            rest = rest[end...]
        }
        return pieces + [(String(rest), false)]
    }
}
