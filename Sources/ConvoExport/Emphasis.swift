/// Pairs of `*` and `**`, outside of code.
enum Emphasis {
    private struct Opener {
        let index: Int
        let isStrong: Bool
    }

    /// The tags that stand in place of delimiters, by the delimiters' places; each is closed, and they nest.
    ///
    /// - Parameters:
    ///   - text: the running text.
    ///   - endOfAtom: the end of what begins at an index and is taken as a whole, such as a code span; `nil` if nothing
    ///     does.
    /// - Returns: the tags.
    static func tags(in text: [UInt8], besides endOfAtom: (Int) -> Int?) -> [Int: String] {
        var tags: [Int: String] = [:]
        var open: [Opener] = []
        var index = 0
        while index < text.count {
            if let end = endOfAtom(index) {
                index = end
                continue
            }
            guard text[index] == UInt8(ascii: "*") else {
                index += 1
                continue
            }
            let isStrong = index + 1 < text.count && text[index + 1] == UInt8(ascii: "*")
            let length = isStrong ? 2 : 1
            let isAfterSpace = index == 0 || isSpace(text[index - 1])
            let isBeforeSpace = index + length >= text.count || isSpace(text[index + length])
            if !isAfterSpace, let place = open.lastIndex(where: { $0.isStrong == isStrong }) {
                let opener = open[place]
                open.removeSubrange(place...)
                tags[opener.index] = isStrong ? "<strong>" : "<em>"
                tags[index] = isStrong ? "</strong>" : "</em>"
            } else if !isBeforeSpace, !open.contains(where: { $0.isStrong == isStrong }) {
                open.append(Opener(index: index, isStrong: isStrong))
            }
            index += length
        }
        return tags
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }
}
