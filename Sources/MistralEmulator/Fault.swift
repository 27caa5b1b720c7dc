/// What can go wrong with a request beside the rules; the raw value is the name of its switch.
///
/// Of the faults that replace the answer, at most one strikes a request: the first in the order of the cases. The same
/// holds for the faults that alter stored inputs. The others may strike in addition.
public enum Fault: String, CaseIterable, Hashable, Sendable {
    // Faults that replace the answer; nothing is done.

    /// The server resets the connection.
    case resetBeforeCommit = "reset-before-commit"
    /// The server answers 429, with ``Switches/retryAfterSeconds``.
    case rateLimit = "rate-limit"
    /// The server answers 500.
    case error500 = "error-500"
    /// The server answers 502 in plain text.
    case error502 = "error-502"
    /// The server answers 503 in plain text.
    case error503 = "error-503"
    /// The server answers 503 with code 3000, "Failed to create conversation response.".
    case failedResponse = "failed-response"
    /// A portal answers 200 with a sign-in page in HTML.
    case html = "html"
    /// A portal answers 302 to its sign-in page.
    case portal302 = "portal-302"
    /// A firewall answers 403 with a page in HTML.
    case portal403 = "portal-403"
    /// A portal answers 404 with a page in HTML.
    case portal404 = "portal-404"
    /// Another program answers 404 with `{"detail": "Not Found"}`.
    case portalDetail = "portal-detail"
    /// A proxy answers 404 with a page in HTML.
    case proxy404 = "proxy-404"
    /// A proxy answers 502 with a page in HTML.
    case proxy502 = "proxy-502"

    // Faults that replace the answer after the work is done.

    /// The server resets the connection; a run commits ``Switches/lateCommitMilliseconds`` later than it would.
    case lateCommit = "late-commit"
    /// The server commits, then resets the connection.
    case resetAfterCommit = "reset-after-commit"
    /// The server commits, then answers 500.
    case error500AfterCommit = "error-500-after-commit"
    /// The server commits, then answers 502 in plain text.
    case error502AfterCommit = "error-502-after-commit"
    /// The server commits, then answers 503 as ``failedResponse`` does.
    case error503AfterCommit = "error-503-after-commit"
    /// The server commits, then a portal answers 200 with a sign-in page in HTML.
    case htmlAfterCommit = "html-after-commit"
    /// The server commits, then a proxy answers 502 with a page in HTML.
    case proxy502AfterCommit = "proxy-502-after-commit"
    /// A stream ends after its second event; ``Switches/cutStreamOutput`` says whether the run is stored.
    case cutStream = "cut-stream"

    // Faults that alter the inputs' texts when they are stored.

    /// The server removes white space at both ends.
    case storedTrimmed = "stored-trimmed"
    /// The server replaces CR LF by LF.
    case storedWithLineFeeds = "stored-with-lf"
    /// The server removes NUL.
    case storedWithoutNUL = "stored-without-nul"
    /// The server normalizes to Unicode's form NFC.
    case storedNormalized = "stored-nfc"
    /// The server escapes for HTML.
    case storedEscaped = "stored-escaped"
    /// The server splits a text into two chunks.
    case storedInChunks = "stored-in-chunks"

    // Faults of reads, which then do not show the state as it is.

    /// A replica answers, with the state of ``Switches/replicaLagMilliseconds`` ago.
    case stale = "stale"
    /// The list answers with its first page, whichever was asked for.
    case pageIgnored = "page-ignored"
    /// The middle item of a list or a history has the defect ``Switches/oddShape``.
    case oddItem = "odd-item"
    /// The conversation objects lack `metadata`.
    case withoutMetadata = "without-metadata"
    /// About three of four conversations, always the same, are missing in the list and answered 404 where they are
    /// read.
    case disappearance = "disappearance"

    // Faults that take time.

    /// The run takes ``Switches/longRunMilliseconds`` longer.
    case longRun = "long-run"
    /// The server waits ``Switches/slowMilliseconds`` before any work.
    case slow = "slow"

    /// What a fault changes: the answer, the stored inputs, what a read shows, or the time that it takes.
    enum Stage { case answer, storage, view, time }

    var stage: Stage {
        switch self {
        case .storedTrimmed, .storedWithLineFeeds, .storedWithoutNUL, .storedNormalized, .storedEscaped,
            .storedInChunks:
            .storage
        case .stale, .pageIgnored, .oddItem, .withoutMetadata, .disappearance: .view
        case .longRun, .slow: .time
        default: .answer
        }
    }

    /// Whether the fault can have an effect on a request for this operation.
    func appliesTo(_ operation: Operation) -> Bool {
        switch self {
        case .lateCommit: !operation.isRead
        case .cutStream: operation.isStream
        case .pageIgnored: operation == .list
        case .oddItem: [.list, .getHistory, .getMessages].contains(operation)
        case .withoutMetadata: [.list, .get].contains(operation)
        case .stale, .disappearance: operation.readsConversations
        case .longRun: operation.isRun
        default: stage == .storage ? operation.isRun : true
        }
    }

    var summary: String {
        switch self {
        case .resetBeforeCommit: "reset the connection; nothing is done"
        case .rateLimit: "answer 429 (see retry-after-seconds)"
        case .error500: "answer 500; nothing is done"
        case .error502: "answer 502 in plain text; nothing is done"
        case .error503: "answer 503 in plain text; nothing is done"
        case .failedResponse: "answer 503 with code 3000, 'Failed to create conversation response.'; nothing is done"
        case .html: "answer 200 with a sign-in page in HTML, as a portal does; nothing is done"
        case .portal302: "answer 302 to a sign-in page; nothing is done"
        case .portal403: "answer 403 with a firewall's page in HTML; nothing is done"
        case .portal404: "answer 404 with a portal's page in HTML; nothing is done"
        case .portalDetail: "answer 404 with {\"detail\":\"Not Found\"}, as another program does; nothing is done"
        case .proxy404: "answer 404 with a proxy's page in HTML; nothing is done"
        case .proxy502: "answer 502 with a proxy's page in HTML; nothing is done"
        case .lateCommit: "reset the connection; commit late-commit-ms later"
        case .resetAfterCommit: "commit, then reset the connection"
        case .error500AfterCommit: "commit, then answer 500"
        case .error502AfterCommit: "commit, then answer 502"
        case .error503AfterCommit: "commit, then answer 503"
        case .htmlAfterCommit: "commit, then answer 200 with a page of HTML"
        case .proxy502AfterCommit: "commit, then answer 502 with a proxy's page in HTML"
        case .cutStream: "end a stream before its end; what is committed says cut-stream-output"
        case .storedTrimmed: "store the inputs' texts without white space at their ends"
        case .storedWithLineFeeds: "store LF for CR LF in the inputs' texts"
        case .storedWithoutNUL: "store the inputs' texts without NUL"
        case .storedNormalized: "store the inputs' texts in Unicode's form NFC"
        case .storedEscaped: "store the inputs' texts escaped for HTML"
        case .storedInChunks: "store the inputs' texts as two chunks each"
        case .stale: "answer a read with what was there replica-lag-ms ago"
        case .pageIgnored: "answer every page of the list with the first"
        case .oddItem: "spoil the middle item of a list or a history (see odd-shape)"
        case .withoutMetadata: "leave metadata out of the list and of a conversation"
        case .disappearance: "three of four conversations are missing in the list, and 404 where they are read"
        case .longRun: "the run takes long-run-ms more"
        case .slow: "wait slow-ms before doing anything else"
        }
    }
}
