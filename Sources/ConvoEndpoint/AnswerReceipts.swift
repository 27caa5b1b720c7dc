import ConvoModel
import ConvoServer
import Synchronization

/// Decides when a client has had a whole answer, so that an equal request is a new write from then on.
///
/// That the answer was written to the connection does not prove it. A client that sends another request over the connection has
/// read the answer; so has one that closes the connection after its kernel has taken the answer, and leaves nothing unread. Where
/// the connection breaks, or was closed before the answer came, the answer may be lost, and the same request joins the write. A
/// connection that stays open and silent counts as a proof after ``grace``.
final class AnswerReceipts: Sendable {
    /// How long a connection stays open behind an answer before that proves that the answer was read.
    static let grace = Duration.seconds(5)

    private struct State {
        /// The writes whose answers were written to each open connection, and when.
        var open: [ClientConnection: [OperationID: Timestamp]] = [:]
        var lastLook: Timestamp?
    }

    private let state = Mutex(State())
    private let isReceipt: @Sendable (Bool) -> Bool
    private let confirm: @Sendable (OperationID) -> Void

    /// - Parameters:
    ///   - isReceipt: whether a connection's end proves that its client has had the last answer (``EndpointRules``).
    ///   - confirm: called for each write whose answer a client has had; may be called on a connection's event loop.
    init(isReceipt: @escaping @Sendable (Bool) -> Bool, confirm: @escaping @Sendable (OperationID) -> Void) {
        (self.isReceipt, self.confirm) = (isReceipt, confirm)
    }

    /// Notes that a whole answer is in the kernel's hands; called on the connection's event loop.
    func wrote(_ id: OperationID, to connection: ClientConnection, at now: Timestamp) {
        let isFirst = state.withLock { state in
            defer { state.open[connection, default: [:]][id] = now }
            return state.open[connection] == nil
        }
        if isFirst { connection.whenEnded { [weak self] isBroken in self?.ended(connection, isBroken: isBroken) } }
    }

    /// Notes that a client has sent another request over its connection, and which answers have been left alone for ``grace``.
    func arrived(over connection: ClientConnection, at now: Timestamp) {
        let proved = state.withLock { state in
            var proved = (state.open[connection] ?? [:]).map(\.key)
            if !proved.isEmpty { state.open[connection] = [:] }
            let isLookDue = state.lastLook.map { $0 > now || $0 + .seconds(1) <= now } ?? true
            guard isLookDue else { return proved }
            state.lastLook = now
            for (connection, answers) in state.open where !answers.isEmpty {
                let left = answers.filter { $0.value > now || $0.value + AnswerReceipts.grace > now }
                proved += answers.keys.filter { left[$0] == nil }
                state.open[connection] = left
            }
            return proved
        }
        for id in proved { confirm(id) }
    }

    private func ended(_ connection: ClientConnection, isBroken: Bool) {
        let answers = state.withLock { $0.open.removeValue(forKey: connection) } ?? [:]
        if isReceipt(isBroken) { for id in answers.keys { confirm(id) } }
    }

    /// Finds out whether the answer to a write was read, before an equal request would join the write.
    ///
    /// A connection over which the answer went and that is still open proves it: a client that has given up closes its
    /// connection before it tries again. The kernel knows of that before the event loop does.
    func prove(_ id: OperationID) async {
        let connections = state.withLock { state in state.open.filter { $0.value[id] != nil }.map(\.key) }
        for connection in connections where await !connection.isBroken {
            if state.withLock({ $0.open[connection]?.removeValue(forKey: id) }) != nil { confirm(id) }
        }
    }

    /// Whether an answer was written to this connection, and nothing has proved yet that it was read.
    func isUnproved(over connection: ClientConnection) -> Bool {
        state.withLock { $0.open[connection].map { !$0.isEmpty } ?? false }
    }
}
