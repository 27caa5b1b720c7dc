package import ConvoStore

/// Why a write waits, is held or was refused, where no error of the server says it.
extension OutboxItem.Reason {
    /// Whether the API itself answered with a 5xx.
    var isServerFailure: Bool { code.hasPrefix("http_5") }

    static let stillBusy = Self(code: "busy", message: "the server is still at work on the conversation")
    static let notThereYet = Self(
        code: "not_there_yet", message: "the answer was lost, and the server does not show the write yet")
    static let unanswered = Self(
        code: "unanswered", message: "the server has the write and no answer to it yet")
    static let notArrived = Self(code: "not_arrived", message: "it did not reach the server, and is sent again")
    static let overtaken = Self(
        code: "overtaken", message: "another writer has moved the conversation on since this was written")
    static let unseen = Self(
        code: "unseen",
        message:
            "the conversation is too large to be read: nobody can tell whether another writer has moved it on meanwhile"
    )
    static let ambiguous = Self(
        code: "ambiguous",
        message: "the answer was lost, and the conversation holds equal messages: nobody can tell whether one is this")
    static let changed = Self(
        code: "changed",
        message:
            "the answer was lost, and the conversation holds a message with the same words, not quite as this was sent")
    static let unreadable = Self(
        code: "unreadable",
        message:
            "the answer was lost, and the conversation is too large to be read: nobody can tell whether this is in it")
    static let notShown = Self(
        code: notShownCode,
        message:
            "the answer was lost, and the server, or something in its place, does not show the conversation: nobody can tell whether this is in it"
    )
    package static let conversationDeleted = Self(
        code: "conversation_deleted", message: "the conversation is not on the server any more")
    static let unrecognisable = Self(
        code: unrecognisableCode,
        message:
            "the answer was lost, and nobody can tell which new conversation, if any, is the one that this made")
    static let conversationGone = Self(
        code: goneCode,
        message:
            "the answer was lost, and the conversation is no longer on the server: nobody can tell what became of it")
    static let unconfirmable = Self(
        code: "unconfirmable", message: "the answer was lost, and the server keeps no record of an unstored exchange")
}
