import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

extension SearchResults {
    /// The number of hits, and whose days were asked for; then for each hit a line that says where it is and one with its
    /// snippet. Where nothing was found, the queries that find something.
    func lines(_ style: OutputStyle, _ alternatives: [SearchAlternative] = []) -> [String] {
        let zone = timeZone.map { " (time zone: \($0.sanitised(.line)))" } ?? ""
        guard !hits.isEmpty else {
            return ["Nothing found for \"\(query.sanitised(.line))\"\(zone)."] + alternatives.map(\.line)
        }
        let count = isTotalExact ? "\(total)" : "more than \(total)"
        let head = "\(count) found" + (hits.count < total ? ", the best \(hits.count)" : "") + zone + ":"
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
    /// The snippet on one line, with the matches emphasized.
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

extension SearchResults {
    /// The object that `--json` prints; scripts rely on its form.
    func json(_ alternatives: [SearchAlternative] = []) -> JSONText {
        .object([
            "query": .string(query),
            "total": .int(total),
            "total_is_exact": .bool(isTotalExact),
            "time_zone": .string(timeZone),
            "hits": .array(hits.map(\.json)),
            "alternatives": .array(alternatives.map(\.json)),
        ])
    }
}

extension SearchAlternative {
    fileprivate var line: String {
        let count = (isTotalExact ? "" : "more than ") + (total == 1 ? "1 hit" : "\(total) hits")
        let shown = query.sanitised(.line)
        return switch kind {
        case .corrected: "Did you mean: \(shown)  (\(count))"
        case .withoutConditions: "Without its conditions: \(shown)  (\(count))"
        }
    }

    fileprivate var json: JSONText {
        .object([
            "kind": .string(kind.rawValue), "query": .string(query), "total": .int(total),
            "total_is_exact": .bool(isTotalExact),
        ])
    }
}

extension SearchHit {
    fileprivate var json: JSONText {
        .object([
            "conversation_id": .string(conversation.rawValue),
            "remote_id": .string(remoteID?.rawValue),
            "conversation_name": .string(conversationName),
            "entry_id": .string(entry?.rawValue),
            "operation_id": .string(operation?.rawValue),
            "type": .string(type.rawValue),
            "role": .string(role),
            "created_at": .string(createdAt?.text),
            "snippet": .string(snippet.text),
            // Offsets into the snippet in Unicode scalars: [from, to).
            "marks": .array(snippet.marks.map { .array([.int($0.lowerBound), .int($0.upperBound)]) }),
            "score": .double(score),
            "other_branches": .int(otherBranches),
        ])
    }
}
