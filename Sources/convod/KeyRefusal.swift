import ConvoAPI
import ConvoModel
import ConvoSync
import Synchronization

/// Decides when a key that the server refuses ends the daemon.
///
/// The engine reads the key's source again at each refusal, so a new key heals by itself. But a daemon that only ever hears no
/// must not look as if it worked: after a minute of refusals it ends with 77, which the service manager shows as a failure and
/// does not restart. Where the unit `convod.path` is on, the next queued write or a change of the key's file starts it again.
struct KeyRefusal {
    /// How long refusals may go on, so that an error of the server's that passes ends nothing.
    static let patience = Duration.seconds(60)

    private var since: Timestamp?

    /// Notes how a pull or a push has ended.
    ///
    /// - Parameters:
    ///   - halt: why it ended early; `nil` if it did not, which proves that the server accepts the key. Any other failure, such as a
    ///     network that is gone, shows neither that the server accepts the key nor that it refuses it, and the count begins anew.
    ///   - now: the wall clock's time.
    /// - Returns: whether the daemon is to end.
    mutating func noted(_ halt: SyncFailure?, at now: Timestamp) -> Bool {
        guard let halt, halt.isKeyRefused else {
            since = nil
            return false
        }
        guard let since, since <= now else {
            self.since = now
            return false
        }
        return since + KeyRefusal.patience <= now
    }
}

extension SyncFailure {
    /// Whether the server has refused the key, or its source has none that can be sent.
    var isKeyRefused: Bool {
        guard case .api(let error) = self else { return false }
        return error.kind == .status(401) || error.keyProblem != nil
    }
}

/// Waits for a ``KeyRefusal`` that lasts, for the task that ends the engine then.
final class RefusedKey: Sendable {
    private let state = Mutex<(refusal: KeyRefusal, lasting: SyncFailure?)>((KeyRefusal(), nil))
    private let ended = AsyncEvent()

    /// Notes an event of the engine's.
    func note(_ event: SyncEvent, at now: Timestamp) {
        let halt: SyncFailure?
        switch event {
        case .pulled(_, let report): halt = report.halt
        case .pushed(let report): halt = report.halt
        case .fetched, .storeFailed: return
        }
        let isOver = state.withLock { state in
            guard state.refusal.noted(halt, at: now) else { return false }
            state.lasting = halt
            return true
        }
        if isOver { ended.notify() }
    }

    /// The refusal that ends the daemon; `nil` if the task is cancelled before there is one.
    func lasting() async -> SyncFailure? {
        await ended.wait(after: AsyncEvent().generation)
        return state.withLock(\.lasting)
    }
}
