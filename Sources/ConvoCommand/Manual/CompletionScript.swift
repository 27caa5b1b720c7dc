/// The completion scripts that the parser writes, as a person or `make install` asks for them.
enum CompletionScript {
    /// What asks fish for the cursor's place in the word: with the parser's own words, fish 3 would set the command line.
    private static let cursor = (
        old: "(__convo_tokens -tC)", new: "(string length -- (commandline -tc))"
    )

    /// The parser's answer to a request, with a script for fish that works with fish 3 too.
    ///
    /// - Parameters:
    ///   - text: the answer.
    ///   - arguments: the process's arguments without its name.
    /// - Returns: the answer; unchanged where it is no script for fish.
    static func mended(_ text: String, for arguments: [String]) -> String {
        guard arguments.contains(where: { $0.hasPrefix("--generate-completion-script") }) else { return text }
        let (bytes, old) = (Array(text.utf8), Array(cursor.old.utf8))
        var mended: [UInt8] = []
        mended.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            guard bytes[place] == old[0], bytes[place...].starts(with: old) else {
                mended.append(bytes[place])
                place += 1
                continue
            }
            mended += cursor.new.utf8
            place += old.count
        }
        return String(decoding: mended, as: UTF8.self)
    }
}
