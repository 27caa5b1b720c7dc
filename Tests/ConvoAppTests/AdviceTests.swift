import ConvoAPI
import ConvoApp
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal
import Foundation
import TestFolders
import Testing

@Suite struct `What a person can do next` {
    @Test func `is said of each error of a request, but of a cancelled one and one that is too large to answer`() {
        let kinds: [APIError.Kind] = [
            .unreachable, .insecure, .answerLost, .notTheAPI(status: 200), .noRoute, .notInPlan,
            .streamError(code: 3000),
            .truncatedStream, .unusableRequest,
        ]
        for kind in kinds {
            #expect(APIError(kind, effect: .none, message: "").hint?.last == ".", "\(kind)")
        }
        for status in [400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 500, 503, 599] {
            #expect(APIError(.status(status), effect: .none, message: "").hint?.last == ".", "\(status)")
        }
        #expect(APIError(.cancelled, effect: .none, message: "").hint == nil)
        #expect(APIError(.answerTooLarge(limit: 1), effect: .none, message: "").hint == nil)
    }

    @Test(
        arguments: [
            ("before:tomorow", .unknown, "2026-03-11T10:00"), ("since:2026-02-30", .noSuchDate, "yesterday"),
            ("-On:x", .unknown, "2026-03-11"), ("on:12h", .notADay, "on:7d"), ("on:", .missing, "\"on:x\""),
        ] as [(String, UnreadableMoment, String)])
    func `about a moment that cannot be read is an example of one that can`(
        piece: String, reason: UnreadableMoment, expected: String
    ) throws {
        let error = StoreError.unreadableMoment(piece, reason)
        let hint = try #require(error.hint)
        #expect(hint.contains(expected) && hint.last == ".")
        // `on:` takes no hours and no times.
        #expect(hint.contains("12h") == !piece.lowercased().contains("on:"))
        #expect(CLIError(error).exitCode == .usage && CLIError(error).code == "unreadable_moment")
    }

    @Test func `about a key that is missing names the variable`() {
        #expect(APIError.keyProblem("there is no key").hint?.contains("MISTRAL_API_KEY") == true)
    }

    /// A write that was stopped, with the advice on it.
    private func advice(_ code: String, _ state: OperationState) throws -> String? {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("convo.db"))
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let id = try store.start(request).operation
        let reason = OutboxItem.Reason(code: code, message: "so it is")
        if state == .queued {
            try store.markQueued(id, from: .queued, reason: reason, nextAttempt: nil)
        } else {
            try store.markStopped(id, from: .queued, as: state, reason: reason)
        }
        return try store.operation(matching: id.rawValue).hint
    }

    @Test(arguments: [
        "overtaken", "unseen", "ambiguous", "changed", "unreadable", "unrecognisable", "conversation_gone",
        "unconfirmable", "agent_gone", "copied", "other_account", "dependency", "conversation_deleted",
    ])
    func `about a write that waits for a person names a command`(code: String) throws {
        #expect(try #require(try advice(code, .held)).contains("`convo"))
    }

    @Test func `about a write that another account's key has met is to use the settings from before`() throws {
        #expect(try advice("other_account", .queued)?.contains("settings from before") == true)
        #expect(try advice("other_account", .held)?.contains("`convo outbox retry`") == true)
    }

    @Test func `about a refused write is what its status means`() throws {
        #expect(try advice("http_413", .refused) == "What is being sent is too large for the server.")
        #expect(try advice("gateway_503", .refused) == "The server has a problem; try again later.")
        #expect(try advice("not_arrived", .queued) == nil)
    }
}
