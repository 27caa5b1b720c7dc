/// What the sandbox does where the real server's behaviour is unknown, how fast it is, and what goes wrong.
///
/// ``Switch`` lists each by its name on the command line.
public struct Switches: Hashable, Sendable {
    public enum RestartHistory: String, CaseIterable, Sendable {
        case sameIDs = "same-ids"
        case newIDs = "new-ids"
        case newOnly = "new-only"
    }
    public enum ClientEntryIDs: String, CaseIterable, Sendable { case ignore, keep }
    public enum OverLimit: String, CaseIterable, Sendable { case clamp, refuse }
    public enum MetadataMatch: String, CaseIterable, Sendable { case subset, exact, ignore }
    public enum CutStreamOutput: String, CaseIterable, Sendable { case stored, dropped }
    public enum HistoryCompletedAt: String, CaseIterable, Sendable { case null, value }
    public enum AppendUnstored: String, CaseIterable, Sendable {
        case notKept = "not-kept"
        case kept
        case refused
    }
    public enum ClientHandoff: String, CaseIterable, Sendable {
        case endsTurn = "ends-turn"
        case goesOn = "goes-on"
    }
    public enum HistoryWhileBusy: String, CaseIterable, Sendable { case before, partial, refuse }
    public enum DeleteUnknown: String, CaseIterable, Sendable {
        case notFound = "404"
        case noContent = "204"
    }
    public enum FailedAppend: String, CaseIterable, Sendable {
        case dropsInput = "drops-input"
        case keepsInput = "keeps-input"
    }
    public enum Handoff: String, CaseIterable, Sendable { case accept, refuse }
    public enum ImageInput: String, CaseIterable, Sendable { case accept, refuse }
    public enum InputWithoutResults: String, CaseIterable, Sendable { case dropped, stored }
    public enum UnexpectedCallID: String, CaseIterable, Sendable { case accept, refuse }
    public enum EmptyAppend: String, CaseIterable, Sendable {
        case unprocessable = "422"
        case badRequest = "400"
    }
    public enum Unauthorized: String, CaseIterable, Sendable { case detail, message }
    public enum IdentityAnswer: String, CaseIterable, Sendable {
        case given
        case unauthorized = "401"
        case forbidden = "403"
        case notFound = "404"
    }
    public enum IdentityParts: String, CaseIterable, Sendable {
        case all
        case userOnly = "user-only"
    }
    public enum Visibility: String, CaseIterable, Sendable { case workspace, user }
    public enum ForeignConversation: String, CaseIterable, Sendable {
        case notFound = "404"
        case forbidden = "403"
    }
    public enum ForeignList: String, CaseIterable, Sendable {
        case empty
        case forbidden = "403"
        case notFound = "404"
    }
    public enum ImageChunk: String, CaseIterable, Sendable { case present, missing }
    public enum CodeFile: String, CaseIterable, Sendable {
        case given
        case failed = "500"
    }
    public enum Scope: String, CaseIterable, Sendable { case all, writes }
    public enum Cut: String, CaseIterable, Sendable { case end, reset }

    // The fifteen unknowns, in the order of the notes on the API.
    public var restartHistory = RestartHistory.sameIDs
    public var clientEntryIDs = ClientEntryIDs.ignore
    /// 0: no limit.
    public var pageSizeLimit = 1000
    public var pageSizeOverLimit = OverLimit.clamp
    public var notFoundCode = 3000
    public var notFoundMessage = "Conversation not found"
    public var busyCode = 3000
    public var functionResultPrefix = "fr_"
    public var metadataMatch = MetadataMatch.subset
    public var cutStreamOutput = CutStreamOutput.stored
    public var historyCompletedAt = HistoryCompletedAt.null
    public var appendUnstored = AppendUnstored.notKept
    public var clientHandoff = ClientHandoff.endsTurn
    public var streamErrorCode = 3000
    public var streamErrorMessage = "Failed to create conversation response."
    /// 0: no header.
    public var retryAfterSeconds = 0
    public var historyWhileBusy = HistoryWhileBusy.before
    public var deleteUnknown = DeleteUnknown.notFound
    public var failedAppend = FailedAppend.dropsInput
    public var handoffWithModel = Handoff.refuse
    /// Names with commas between them; empty: all are in use.
    public var modelsInUse = ""
    public var imageInput = ImageInput.accept

    // Unknown beside the fifteen.
    public var inputWithoutResults = InputWithoutResults.dropped
    public var unexpectedCallID = UnexpectedCallID.accept
    public var emptyAppend = EmptyAppend.unprocessable
    /// Ids with commas between them.
    public var agentsGone = ""
    /// Ids with commas between them.
    public var brokenConversations = ""
    /// Names with commas between them.
    public var modelsOutsidePlan = ""
    public var unauthorized = Unauthorized.detail
    public var userAnswer = IdentityAnswer.given
    public var whoAmIAnswer = IdentityAnswer.given
    public var identityParts = IdentityParts.all
    public var visibility = Visibility.workspace
    public var foreignConversation = ForeignConversation.notFound
    public var foreignList = ForeignList.empty
    public var imageChunk = ImageChunk.present
    public var codeFile = CodeFile.given
    public var signedURLSeconds = 3600

    /// Who may ask.
    public var keys = KeyTable()

    // How fast it is.
    public var answerMilliseconds = 0
    public var deltaMilliseconds = 0
    public var disconnectLockMilliseconds = 0

    // What goes wrong.
    public var seed: UInt64 = 0
    public var faults: [Fault: FaultRate] = [:]
    public var faultScope = Scope.all
    public var slowMilliseconds = 1000
    public var lateCommitMilliseconds = 1000
    public var cut = Cut.end
    public var replicaLagMilliseconds = 5000
    public var longRunMilliseconds = 180_000
    public var oddShape = Oddity.noTime

    public init() {}

    /// Whether a list with commas has this name.
    static func list(_ list: String, has name: String) -> Bool {
        list.split(separator: ",").contains { $0 == name }
    }
}
