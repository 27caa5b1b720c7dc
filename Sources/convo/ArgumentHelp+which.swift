import ArgumentParser

/// What a verb is about. An argument of its own in each verb, not a group: the parser asks the runtime five questions
/// about a group, each of them a walk through all conformances that there are.
extension ArgumentHelp {
    static let conversation: ArgumentHelp =
        "Its local id or its id on the server, or a beginning of one that no other shares."
    static let operation: ArgumentHelp = "Its id (`convo outbox`), or a beginning of it that no other shares."
}
