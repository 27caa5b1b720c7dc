import ConvoAPI
import ConvoModel
import ConvoStore
import Foundation
import TestFolders

@testable import ConvoSync

let noon = Timestamp(microseconds: 1_800_000_000_000_000)
/// The time since the machine's start at ``noon``.
let uptimeAtNoon = Uptime(boot: "first", microseconds: 3_600_000_000)

extension Uptime {
    static func + (uptime: Uptime, span: Duration) -> Uptime {
        Uptime(boot: uptime.boot, microseconds: uptime.microseconds + span.components.seconds * 1_000_000)
    }
}

extension APIError {
    static func status(_ status: Int, _ effect: Effect = .none, retryAfter: Duration? = nil) -> APIError {
        APIError(.status(status), effect: effect, message: "status \(status)", retryAfter: retryAfter)
    }

    static let unreachable = APIError(.unreachable, effect: .none, message: "no route")
    static let lost = APIError(.answerLost, effect: .unknown, message: "reset")
    static let portal = APIError(.notTheAPI(status: 302), effect: .none, message: "a sign-in page")
    static let tooLarge = APIError(.answerTooLarge(limit: 1), effect: .none, message: "too large")
}

extension StartRequest {
    /// A start with this text, which the store accepts.
    init(_ text: String) {
        self.init(inputs: .text(text))
        model = "m"
    }
}

/// Makes a store in a folder of its own, which is removed with it.
func temporaryStore() throws -> Store {
    let folder = try TemporaryFolder()
    return try Store(
        path: folder.file("convo.db"),
        environment: StoreDependencies(
            now: { noon }, uptime: { uptimeAtNoon },
            randomBits: { withExtendedLifetime(folder) { UInt64.random(in: .min ... .max) } }))
}

/// A write in the outbox of a new store, as the store returns it.
func item(
    _ kind: OperationKind = .append, state: OperationState = .queued, on remoteID: RemoteID = RemoteID("conv_1"),
    tries: Int = 0, newestChange: Timestamp? = nil
) throws -> OutboxItem {
    let store = try temporaryStore()
    let start = try store.start(StartRequest("hello"))
    if kind == .start {
        if state == .inDoubt {
            _ = try store.markSending(
                start.operation, base: newestChange.map { OutboxItem.Base(entryID: nil, version: $0.text) })
            try store.recoverInterrupted()
        }
        return try store.operation(matching: start.operation.rawValue)
    }
    try store.markDelivered(start.operation, as: remoteID)
    let write =
        kind == .delete
        ? try store.delete(start.conversation, .remote)
        : try store.append(AppendRequest(inputs: .text("more")), to: start.conversation)
    let id = write?.operation ?? start.operation
    for _ in 0..<tries {
        _ = try store.markSending(id, base: nil)
        try store.markQueued(id, from: .sending, reason: nil, nextAttempt: nil)
    }
    if state == .inDoubt {
        _ = try store.markSending(id, base: .init(entryID: nil))
        try store.recoverInterrupted()
    }
    return try store.operation(matching: id.rawValue)
}
