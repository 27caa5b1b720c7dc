import ConvoModel

/// What one finished run changes in its conversation.
struct Commit: Hashable, Sendable {
    struct Replacement: Hashable, Sendable {
        let index: Int
        let entry: JSONText
    }

    let object: JSONText
    var replacements: [Replacement] = []
    var added: [JSONText]
}
