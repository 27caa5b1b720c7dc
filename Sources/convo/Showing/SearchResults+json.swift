import ConvoModel
import ConvoStore

extension SearchResults {
    /// The object that scripts rely on.
    var json: JSONText {
        .object([
            "query": .string(query),
            "total": .int(total),
            "total_is_exact": .bool(isTotalExact),
            "hits": .array(hits.map(\.json)),
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
            "created_at": .string(createdAt),
            "snippet": .string(snippet.text),
            // Offsets into the snippet in Unicode scalars: [from, to).
            "marks": .array(snippet.marks.map { .array([.int($0.lowerBound), .int($0.upperBound)]) }),
            "score": .double(score),
            "other_branches": .int(otherBranches),
        ])
    }
}
