import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// What the tests need that read whether a write is on the server.
class ConfirmingSuite: MirroredSuite {
    /// Has the server leave metadata out of its answers, which the store learns from a start that is delivered.
    func hideMetadata(after text: String = "first") async throws {
        test.server.hideMetadata()
        _ = try test.start(text)
        #expect(try await test.push().delivered == 1)
    }

    /// - Returns: what the read tells, or `nil` if the read failed; and its requests.
    func lookup(of id: OperationID) async throws -> (found: ConvoSync.InDoubtLookup?, requests: [String]) {
        let item = try test.item(id)
        _ = test.server.requests()
        let outcome = await test.pushExecutor.perform(.confirm(item))
        let requests = test.server.requests()
        #expect(!requests.contains { $0.hasPrefix("append") || $0.hasPrefix("start") })
        guard case .confirmed(let found, let since) = outcome else { return (nil, requests) }
        #expect(since == test.clock.uptime)
        return (found, requests)
    }

    func confirmation(of id: OperationID) async throws -> ConvoSync.InDoubtLookup? {
        try await lookup(of: id).found
    }

    func doubtful(_ id: OperationID) throws -> OperationID {
        _ = try test.store.markSending(id, base: nil)
        try test.store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon)
        return id
    }

    func doubtfulStart() throws -> OperationID { try doubtful(test.start("new").operation) }

    func signed(_ id: OperationID) -> JSONText { .object([Store.operationKey: .string(id.rawValue)]) }

    func doubtfulAppend(_ text: String) throws -> OperationID {
        let id = try test.append(text, to: chat.local)
        let tip = try test.store.tip(of: chat.local)
        let version = try test.server.get(chat.remote).version
        _ = try test.store.markSending(id, base: OutboxItem.Base(entryID: tip.entryID, version: version))
        try test.store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon)
        return id
    }
}
