/// The configuration of an emulator: its behaviour where the real server's is unknown, its speed, and its faults.
///
/// ``Switch`` lists each field by its name on the command line.
public struct Switches: Hashable, Sendable {
    /// What a branch's history holds of the original conversation.
    public enum RestartHistory: String, CaseIterable, Sendable {
        /// Copies of the original's entries, under the same ids.
        case sameIDs = "same-ids"
        /// Copies of the original's entries, under new ids.
        case newIDs = "new-ids"
        /// Nothing: only what the branch adds.
        case newOnly = "new-only"
    }
    /// The id of an input entry that brings one along: the server ignores it and gives its own, or keeps it.
    public enum ClientEntryIDs: String, CaseIterable, Sendable { case ignore, keep }
    /// The list's answer to a `page_size` over the limit: a page of the limit's size, or 422.
    public enum OverLimit: String, CaseIterable, Sendable { case clamp, refuse }
    /// The conversations that the list's `metadata` filter lets through.
    ///
    /// `subset`: those whose metadata has all members of the filter. `exact`: those that have no others beside them.
    /// `ignore`: all.
    public enum MetadataMatch: String, CaseIterable, Sendable { case subset, exact, ignore }
    /// Whether the server stores a run, inputs and outputs, whose client left before the commit.
    public enum CutStreamOutput: String, CaseIterable, Sendable { case stored, dropped }
    /// The `completed_at` of an output in a history: `null`, or the value that the response had.
    public enum HistoryCompletedAt: String, CaseIterable, Sendable { case null, value }
    /// The treatment of an append with `store: false` to a stored conversation.
    public enum AppendUnstored: String, CaseIterable, Sendable {
        /// The model answers, and nothing is stored.
        case notKept = "not-kept"
        /// The exchange is stored all the same.
        case kept
        /// The server answers 422.
        case refused
    }
    /// What the model does after a handoff where the request said `handoff_execution: "client"`.
    public enum ClientHandoff: String, CaseIterable, Sendable {
        /// The turn ends with the handoff.
        case endsTurn = "ends-turn"
        /// The next agent answers, as with `handoff_execution: "server"`.
        case goesOn = "goes-on"
    }
    /// What a history or the messages show while a write is in flight.
    ///
    /// `before`: the state before the write. `partial`: that and the write's inputs. `tools`: also the use of tools, and what the model says
    /// before it, as soon as the model has begun to speak (over HTTP: while a stream pauses), and not yet the answer. `refuse`: the answer
    /// is 409.
    public enum HistoryWhileBusy: String, CaseIterable, Sendable { case before, partial, tools, refuse }
    /// When a new conversation is in the list.
    public enum NewListed: String, CaseIterable, Sendable {
        /// With its first answer.
        case withAnswer = "with-answer"
        /// As soon as the request has arrived; without its first answer if the run fails, or no more.
        case atArrival = "at-arrival"
    }
    /// The layout of an id's 32 digits: that of a UUID of version 7, or for one in four that from before September 2025.
    public enum IDLayout: String, CaseIterable, Sendable { case uuid7, mixed }
    /// The precision of a conversation's `created_at`.
    public enum CreationTimes: String, CaseIterable, Sendable { case microseconds, milliseconds }
    /// The answer to the deletion of a conversation that is not there.
    public enum DeleteUnknown: String, CaseIterable, Sendable {
        /// 404, as for any other request.
        case notFound = "404"
        /// 204, as if there had been one to delete.
        case noContent = "204"
    }
    /// What a run that fails leaves in the history.
    public enum FailedAppend: String, CaseIterable, Sendable {
        /// Nothing; a conversation that the run would have started does not come to be.
        case dropsInput = "drops-input"
        /// The inputs, without an answer.
        case keepsInput = "keeps-input"
    }
    /// Whether a start with `model` may have `handoff_execution`; if not, the answer is 422.
    public enum Handoff: String, CaseIterable, Sendable { case accept, refuse }
    /// Whether the model takes `image_url` chunks; if not, the answer is 400 with code 3051.
    public enum ImageInput: String, CaseIterable, Sendable { case accept, refuse }
    /// What becomes of an append's inputs that the server refuses because function results are missing.
    public enum InputWithoutResults: String, CaseIterable, Sendable { case dropped, stored }
    /// Whether a `function.result` may name a call that nobody made; if not, the answer is 400.
    public enum UnexpectedCallID: String, CaseIterable, Sendable { case accept, refuse }
    /// The status of the answer to an append with neither `inputs` nor `tool_confirmations`.
    public enum EmptyAppend: String, CaseIterable, Sendable {
        /// 422.
        case unprocessable = "422"
        /// 400.
        case badRequest = "400"
    }
    /// The body of a 401: `{"detail": …}` as of the gateway, or `{"message": …, "request_id": …}` as of the router.
    public enum Unauthorized: String, CaseIterable, Sendable { case detail, message }
    /// The answer to `GET /v1/users/me` or `GET /v1/whoami`.
    public enum IdentityAnswer: String, CaseIterable, Sendable {
        /// The principal's object.
        case given
        /// 401, in the router's shape.
        case unauthorized = "401"
        /// 403, `{"detail": "Forbidden"}`.
        case forbidden = "403"
        /// 404 of the router, as for a path that leads to no service.
        case notFound = "404"
    }
    /// What `GET /v1/users/me` and `GET /v1/whoami` tell of the principal.
    public enum IdentityParts: String, CaseIterable, Sendable {
        /// User, workspace and organization.
        case all
        /// The user; the workspace and the organization are `null`.
        case userOnly = "user-only"
    }
    /// The conversations and files that a key sees: its user's in its own workspace, or its user's in all workspaces.
    public enum Visibility: String, CaseIterable, Sendable { case workspace, user }
    /// The answer to a request for a conversation that the key does not see.
    public enum ForeignConversation: String, CaseIterable, Sendable {
        /// 404, as for a conversation that is not there.
        case notFound = "404"
        /// 403.
        case forbidden = "403"
    }
    /// The list for a key that sees none of the conversations, where there are some.
    public enum ForeignList: String, CaseIterable, Sendable {
        /// An empty array.
        case empty
        /// 403.
        case forbidden = "403"
        /// 404.
        case notFound = "404"
    }
    /// Whether an answer has a `tool_file` chunk for a generated image; without it only the execution's URL tells of
    /// it.
    public enum ImageChunk: String, CaseIterable, Sendable { case present, missing }
    /// The answer to the download of a file of `code_interpreter`.
    public enum CodeFile: String, CaseIterable, Sendable {
        /// The file's bytes.
        case given
        /// 500.
        case failed = "500"
    }
    /// The requests that faults strike: all, or writes only.
    public enum Scope: String, CaseIterable, Sendable { case all, writes }
    /// How a cut stream ends: the body ends as if it were whole, or the connection is reset.
    public enum Cut: String, CaseIterable, Sendable { case end, reset }

    // The open questions about the real server that have a number, in its order (``Switch/unknown``).

    /// What a branch's history holds of the original.
    public var restartHistory = RestartHistory.sameIDs
    /// What becomes of the ids that input entries bring along.
    public var clientEntryIDs = ClientEntryIDs.ignore
    /// The largest `page_size` of the list; 0: no limit.
    public var pageSizeLimit = 1000
    /// What a larger `page_size` gets.
    public var pageSizeOverLimit = OverLimit.clamp
    /// The `code` of a 404 for a conversation, an entry or an agent.
    public var notFoundCode = 3000
    /// The `message` of a 404 for a conversation.
    public var notFoundMessage = "Conversation not found"
    /// The `code` of a 409.
    public var busyCode = 3000
    /// The beginning of the id of a `function.result` entry.
    public var functionResultPrefix = "fr_"
    /// The conversations that the list's `metadata` filter lets through.
    public var metadataMatch = MetadataMatch.subset
    /// Whether a run is stored whose client left.
    public var cutStreamOutput = CutStreamOutput.stored
    /// The `completed_at` of outputs in a history.
    public var historyCompletedAt = HistoryCompletedAt.null
    /// What an append with `store: false` to a stored conversation does.
    public var appendUnstored = AppendUnstored.notKept
    /// What follows a handoff that the client is to execute.
    public var clientHandoff = ClientHandoff.endsTurn
    /// The `code` of a `conversation.response.error` event.
    public var streamErrorCode = 3000
    /// The `message` of a `conversation.response.error` event, and of the error answer where the run is not streamed.
    public var streamErrorMessage = "Failed to create conversation response."
    /// The `Retry-After` header of the fault `rate-limit`, in seconds; 0: no header.
    public var retryAfterSeconds = 0
    /// What a history shows while a write is in flight.
    public var historyWhileBusy = HistoryWhileBusy.before
    /// When a new conversation is in the list.
    public var newListed = NewListed.withAnswer
    /// The layout of new ids.
    public var idLayout = IDLayout.uuid7
    /// The precision of a new conversation's `created_at`.
    public var creationTimes = CreationTimes.microseconds
    /// The answer to the deletion of a conversation that is not there.
    public var deleteUnknown = DeleteUnknown.notFound
    /// What a failed run leaves in the history.
    public var failedAppend = FailedAppend.dropsInput

    // What else is unknown about the real server, or differs between accounts.

    /// Whether a start with `model` may have `handoff_execution`.
    public var handoffWithModel = Handoff.refuse
    /// The names of the models in use, with commas between them; any other gets 400 with code 3003.
    ///
    /// Empty: all are in use.
    public var modelsInUse = ""
    /// Whether the model takes images.
    public var imageInput = ImageInput.accept
    /// What becomes of inputs that are refused because function results are missing.
    public var inputWithoutResults = InputWithoutResults.dropped
    /// Whether a `function.result` may name a call that nobody made.
    public var unexpectedCallID = UnexpectedCallID.accept
    /// The status of the answer to an append with neither `inputs` nor `tool_confirmations`.
    public var emptyAppend = EmptyAppend.unprocessable
    /// The ids of agents that were deleted, with commas between them; each write that needs one gets 404.
    public var agentsGone = ""
    /// The ids of conversations in which every append fails with 503, with commas between them.
    public var brokenConversations = ""
    /// The names of models that the plan does not include, with commas between them; each gets 429 with a limit of
    /// zero.
    public var modelsOutsidePlan = ""
    /// The body of a 401 for an unknown or missing key.
    public var unauthorized = Unauthorized.detail
    /// The answer to `GET /v1/users/me`.
    public var userAnswer = IdentityAnswer.given
    /// The answer to `GET /v1/whoami`.
    public var whoAmIAnswer = IdentityAnswer.given
    /// What both tell of the principal.
    public var identityParts = IdentityParts.all
    /// The conversations and files that a key sees; without effect while ``keys`` is empty.
    public var visibility = Visibility.workspace
    /// The answer for a conversation that the key does not see.
    public var foreignConversation = ForeignConversation.notFound
    /// The list for a key that sees none of the conversations there are.
    public var foreignList = ForeignList.empty
    /// Whether an answer names the file of a generated image.
    public var imageChunk = ImageChunk.present
    /// The answer to the download of a file of `code_interpreter`.
    public var codeFile = CodeFile.given
    /// How long the URL that an answer gives for a new file is valid, in seconds.
    public var signedURLSeconds = 3600

    /// The keys that the emulator accepts, with their principals; while there are none, it accepts any key, or none.
    public var keys = KeyTable()

    // The speed.

    /// How long the model takes before its first output, beside what the trigger `slow` and the fault `long-run` add.
    public var answerMilliseconds = 0
    /// The pause between two events of a stream.
    public var deltaMilliseconds = 0
    /// How long after its client left a run keeps its conversation locked and delays its commit, at least.
    public var disconnectLockMilliseconds = 0

    // The faults.

    /// The seed of the faults' schedule: with the same seed, the same requests in the same order meet the same faults.
    public var seed: UInt64 = 0
    /// How often each fault strikes; a fault without a rate never does.
    ///
    /// A rate ``FaultRate/Frequency/next(_:)`` counts down.
    public var faults: [Fault: FaultRate] = [:]
    /// The requests that faults strike, within the targets of their rates.
    public var faultScope = Scope.all
    /// How long the fault `slow` waits before any work.
    public var slowMilliseconds = 1000
    /// How long the fault `late-commit` delays the commit.
    public var lateCommitMilliseconds = 1000
    /// How the fault `cut-stream` ends a stream.
    public var cut = Cut.end
    /// The age of the state from which the fault `stale` answers a read.
    public var replicaLagMilliseconds = 5000
    /// How much longer the fault `long-run` lets the model take.
    public var longRunMilliseconds = 180_000
    /// What the fault `odd-item` does to an item.
    public var oddShape = Oddity.noTime

    /// Makes the default configuration: no keys, no waits, no faults.
    public init() {}

    /// Whether a list with commas has this name.
    static func list(_ list: String, has name: String) -> Bool {
        list.split(separator: ",").contains { $0 == name }
    }
}
