import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// The hits of a search, with what is shown beside them.
struct SearchLayout {
    /// Below this width a hit's role and time have a line of their own, in columns.
    private static let wideEnough = 60
    /// The narrowest room for a title, in columns; facts that leave less are cut.
    private static let leastTitle = 12
    private static let indent = "  "

    let results: SearchResults
    private let names: Names
    /// The number of each hit's entry in its conversation; `nil` for what is not an entry.
    private let numbers: [Int?]

    /// Reads what belongs to the hits.
    ///
    /// - Parameters:
    ///   - results: the results.
    ///   - store: where they were found.
    /// - Throws: ``StoreError`` if the file cannot be read.
    init(of results: SearchResults, in store: Store) throws(StoreError) {
        let hits = results.hits
        let entries = hits.map { hit in hit.entry.map { (hit.conversation, $0) } }
        var numbers = try store.entryNumbers(of: entries.compactMap(\.self))[...]
        self.init(
            results: results,
            names: try Names(of: hits.map(\.conversation), writes: hits.compactMap(\.operation), in: store),
            numbers: entries.map { $0 == nil ? nil : numbers.popFirst() ?? nil })
    }

    /// Makes a layout of what was read before.
    init(results: SearchResults, names: Names, numbers: [Int?]) {
        (self.results, self.names, self.numbers) = (results, names, numbers)
    }

    /// The number of hits, and whose days were asked for; then for each hit a line that says where it is and one or two with
    /// its snippet. Where nothing was found, the queries that find something.
    func lines(_ style: OutputStyle, _ alternatives: [SearchAlternative] = []) -> [String] {
        let (hits, total) = (results.hits, results.total)
        let zone = results.timeZone.map { " (time zone: \($0.sanitised(.line)))" } ?? ""
        guard !hits.isEmpty else {
            let nothing = "Nothing found for \"\(results.query.sanitised(.line))\"\(zone)."
            return ([nothing] + alternatives.map(\.line)).flatMap { $0.wrapped(to: style.width ?? 0) }
        }
        let count = results.isTotalExact ? "\(total)" : "more than \(total)"
        let head = "\(count) found" + (hits.count < total ? ", the best \(hits.count)" : "") + zone + ":"
        return head.wrapped(to: style.width ?? 0).map(style.ansi.faint)
            + zip(hits, numbers).flatMap { [""] + lines(of: $0, number: $1, style) }
    }

    private func lines(of hit: SearchHit, number: Int?, _ style: OutputStyle) -> [String] {
        let place = names.reference(hit.conversation).sanitised(.line) + (number.map { "#\($0)" } ?? "")
        var title = (names.title(hit.conversation) ?? hit.conversationName ?? "").sanitised(.line)
        var facts = facts(of: hit, style).sanitised(.line)
        let room = style.width.map { $0 - SearchLayout.indent.count }
        var head = style.ansi.strong(place)
        let isWide = style.width.map { $0 >= SearchLayout.wideEnough } ?? true
        if let width = style.width {
            facts = facts.truncated(to: isWide ? width - place.columns - SearchLayout.leastTitle - 4 : width - 2)
            title = title.truncated(to: width - place.columns - 2 - (isWide ? facts.columns + 2 : 0))
        }
        if !title.isEmpty { head += "  " + title }
        let about = style.ansi.faint(SearchLayout.indent + facts)
        let snippet = hit.snippet.lines(width: room, count: isWide ? 2 : 1, style.ansi)
        return (isWide ? [head + about] : [head, about]) + snippet.map { SearchLayout.indent + $0 }
    }

    /// Who said it, when, and what is special about it.
    private func facts(of hit: SearchHit, _ style: OutputStyle) -> String {
        let others = hit.otherBranches
        let shared = others == 1 ? "also in another branch" : "also in \(others) other branches"
        return [
            hit.type == .conversationName ? "its name" : hit.role ?? hit.type.rawValue,
            hit.createdAt.map(style.times.dateAndTime), hit.operation.map { "\(names.reference($0)), not delivered" },
            others > 0 ? shared : nil,
        ].compactMap(\.self).joined(separator: " · ")
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
    /// The names of the object's members, in their order.
    static let members = [
        "conversation_id", "remote_id", "conversation_name", "entry_id", "operation_id", "type", "role", "created_at",
        "snippet", "marks", "score", "other_branches",
    ]

    /// The object that `--json` prints of a hit; scripts rely on its form.
    var json: JSONText {
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
