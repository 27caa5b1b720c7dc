import Convo

/// Shows what a search finds, and again whenever that changes, whichever program writes.
///
///     live-search DATABASE WORD …
@main struct LiveSearch {
    static func main() async throws {
        guard CommandLine.arguments.count > 2 else { return print("usage: live-search DATABASE WORD …") }
        let convo = try await Convo(at: CommandLine.arguments[1], credentials: .none)
        let query = CommandLine.arguments.dropFirst(2).joined(separator: " ")
        let results = convo.observe { convo async throws(ConvoError) in
            try await convo.search(query, limit: 5, order: .date)
        }
        for try await result in results {
            print("\(result.total) found")
            for hit in result.hits { print("  \(hit.createdAt?.text ?? "") \(hit.snippet.text)") }
        }
    }
}
