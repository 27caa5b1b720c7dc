import ConvoModel
import ConvoServer
import Synchronization

/// Decides when a client has had a whole answer, so that an equal request is a new write from then on.
///
/// That the answer was written to the connection does not prove it. A client that sends another request over the connection when it
/// has the answer, or keeps the connection open for some seconds, has read it (``ClientConnection/Event/read``); so has one that
/// closes the connection and leaves nothing unread. If the connection breaks, or the client has closed it before the answer came, the
/// answer may be lost, and the same request joins the write.
final class AnswerReceipts: Sendable {
    /// The writes whose answers were written to each open connection.
    private let open = Mutex<[ClientConnection: Set<OperationID>]>([:])
    private let isReceipt: @Sendable (Bool) -> Bool
    private let confirm: @Sendable (OperationID) -> Void

    /// - Parameters:
    ///   - isReceipt: whether a connection's end proves that its client has had the last answer (``EndpointRules``).
    ///   - confirm: called for each write whose answer a client has had; may be called on a connection's event loop.
    init(isReceipt: @escaping @Sendable (Bool) -> Bool, confirm: @escaping @Sendable (OperationID) -> Void) {
        (self.isReceipt, self.confirm) = (isReceipt, confirm)
    }

    /// Notes that a whole answer is in the kernel's hands; called on the connection's event loop.
    func wrote(_ id: OperationID, to connection: ClientConnection) {
        let isFirst = open.withLock { open in
            defer { open[connection, default: []].insert(id) }
            return open[connection] == nil
        }
        if isFirst { connection.observe { [weak self] event in self?.take(event, of: connection) } }
    }

    private func take(_ event: ClientConnection.Event, of connection: ClientConnection) {
        switch event {
        case .read:
            let answers = open.withLock { $0.updateValue([], forKey: connection) } ?? []
            for id in answers { confirm(id) }
        case .ended(let isBroken):
            let answers = open.withLock { $0.removeValue(forKey: connection) } ?? []
            if isReceipt(isBroken) { for id in answers { confirm(id) } }
        }
    }

    /// Finds out whether the answer to a write was read, before an equal request would join the write.
    ///
    /// A connection over which the answer went and that is still open proves it: a client that has given up closes its
    /// connection before it tries again. The kernel knows of that before the event loop does.
    func prove(_ id: OperationID) async {
        let connections = open.withLock { open in open.filter { $0.value.contains(id) }.map(\.key) }
        for connection in connections where await !connection.isBroken {
            if open.withLock({ $0[connection]?.remove(id) }) != nil { confirm(id) }
        }
    }

    /// Whether an answer to this write was written, and nothing has proved yet that it was read.
    func isUnproved(_ id: OperationID) -> Bool { open.withLock { $0.values.contains { $0.contains(id) } } }
}
