import ConvoModel
import ConvoStore
import ConvoTerminal

extension SearchResults {
    /// For each hit a line that says where it is, and one with the words around it.
    func lines(_ style: OutputStyle) -> [String] {
        guard !hits.isEmpty else { return ["Nothing found for \"\(query.sanitised(.line))\"."] }
        let count = isTotalExact ? "\(total)" : "more than \(total)"
        let head = "\(count) found" + (hits.count < total ? ", the best \(hits.count):" : ":")
        return [style.ansi.faint(head)] + hits.flatMap { ["", $0.headLine(style), "  " + $0.snippet.text(style.ansi)] }
    }
}

extension SearchHit {
    fileprivate func headLine(_ style: OutputStyle) -> String {
        let who = role ?? type.rawValue
        let shared = otherBranches == 1 ? "also in another branch" : "also in \(otherBranches) other branches"
        let facts = [
            who, createdAt.map(style.times.dateAndTime), entry?.rawValue ?? operation.map { "\($0), not delivered" },
            otherBranches > 0 ? shared : nil,
        ].compactMap(\.self).joined(separator: " · ")
        let title = conversationName.map { "  " + $0 } ?? ""
        return conversation.rawValue + title.sanitised(.line) + style.ansi.faint("  " + facts.sanitised(.line))
    }
}

extension Snippet {
    /// On one line, with what was found in bold.
    func text(_ ansi: ANSIStyle) -> String {
        let scalars = Array(text.unicodeScalars)
        func piece(_ range: Range<Int>) -> String {
            String(String.UnicodeScalarView(scalars[range])).sanitised(.line)
        }
        var result = ""
        var place = 0
        for mark in marks where mark.lowerBound >= place && mark.upperBound <= scalars.count {
            result += piece(place..<mark.lowerBound) + ansi.strong(piece(mark))
            place = mark.upperBound
        }
        return result + piece(place..<scalars.count)
    }
}
