import ConvoModel
import ConvoServer
import Synchronization

/// Decides when a client has had a whole answer, so that an equal request is a new write from then on.
///
/// That the answer was written to the connection does not prove it. A client that sends another request over the connection has
/// read the answer; so has one that closes the connection in an orderly way. Where the connection breaks, the answer may be
/// lost, and the same request joins the write. A connection that stays open and silent counts as a proof after ``grace``.
final class AnswerReceipts: Sendable {
    /// How long a connection stays open behind an answer before that proves that the answer was read.
    static let grace = Duration.seconds(5)

    private let open = Mutex<[ClientConnection: Set<OperationID>]>([:])
    private let confirm: @Sendable (OperationID) -> Void

    /// - Parameter confirm: called for each write whose answer a client has had; may be called on a connection's event loop.
    init(confirm: @escaping @Sendable (OperationID) -> Void) { self.confirm = confirm }

    /// Notes that a whole answer was written.
    func wrote(_ id: OperationID, to connection: ClientConnection) {
        let isFirst = open.withLock { open in
            defer { open[connection, default: []].insert(id) }
            return open[connection] == nil
        }
        if isFirst { connection.whenEnded { [weak self] isBroken in self?.ended(connection, isBroken: isBroken) } }
        // Ends by itself; what it does then is also right if the answer was proved read before.
        Task { [weak self] in
            try? await Task.sleep(for: AnswerReceipts.grace)
            self?.proved(by: connection, only: id)
        }
    }

    /// Notes that a client has sent another request over its connection.
    func proved(by connection: ClientConnection) {
        let ids = open.withLock { open in
            defer { if open[connection] != nil { open[connection] = [] } }
            return open[connection] ?? []
        }
        for id in ids { confirm(id) }
    }

    private func proved(by connection: ClientConnection, only id: OperationID) {
        if open.withLock({ $0[connection]?.remove(id) }) != nil { confirm(id) }
    }

    private func ended(_ connection: ClientConnection, isBroken: Bool) {
        let ids = open.withLock { $0.removeValue(forKey: connection) } ?? []
        if !isBroken { for id in ids { confirm(id) } }
    }

    /// Whether an answer to this write was written, and nothing has proved yet that it was read.
    func isUnproved(_ id: OperationID) -> Bool { open.withLock { $0.values.contains { $0.contains(id) } } }
}
