/// Mutants that may live, each with the reason why no test can, or needs to, tell it from the original.
///
/// The file has a block of lines for each, with an empty line between two blocks; `#` begins a comment:
///
///     file: Sources/ConvoSync/RetryQueue.swift
///     from: delay < limit
///     to:   delay <= limit
///     why:  at the limit both are the limit
///
/// A block holds for every place in the file that has the same text.
package struct AcceptedSurvivors: Sendable {
    package struct Entry: Sendable, Hashable {
        package let file: String
        package let original: String
        package let mutated: String
        package let reason: String

        package func accepts(_ mutant: Mutant) -> Bool {
            mutant.file == file && mutant.original == original && mutant.mutated == mutated
        }
    }

    package struct FormatError: Error, CustomStringConvertible {
        package let line: Int
        package var description: String {
            "line \(line): a block has the lines file:, from:, to: and why:, each once and with a text"
        }
    }

    package let entries: [Entry]

    package init(_ text: String) throws(FormatError) {
        var entries: [Entry] = []
        var fields: [String: String] = [:]
        var last = 0
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            last = number + 1
            if line.hasPrefix("#") { continue }
            if line.allSatisfy(\.isWhitespace) {
                try AcceptedSurvivors.close(&fields, into: &entries, line: last)
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { throw FormatError(line: last) }
            let (name, value) = (String(line[..<colon]), onOneLine(line[line.index(after: colon)...]))
            guard ["file", "from", "to", "why"].contains(name), fields[name] == nil, !value.isEmpty else {
                throw FormatError(line: last)
            }
            fields[name] = value
        }
        try AcceptedSurvivors.close(&fields, into: &entries, line: last)
        self.entries = entries
    }

    private static func close(
        _ fields: inout [String: String], into entries: inout [Entry], line: Int
    ) throws(FormatError) {
        guard !fields.isEmpty else { return }
        guard let file = fields["file"], let original = fields["from"], let mutated = fields["to"],
            let reason = fields["why"]
        else { throw FormatError(line: line) }
        entries.append(Entry(file: file, original: original, mutated: mutated, reason: reason))
        fields = [:]
    }

    package func entry(for mutant: Mutant) -> Entry? { entries.first { $0.accepts(mutant) } }
}
