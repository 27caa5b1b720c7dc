package import ConvoAPI
package import ConvoModel

/// The requests that our processes sent, and their outcomes; the checkers judge the engine by them.
package struct Audit: Sendable {
    package enum Outcome: Hashable, Sendable {
        case answered
        case failed(APIError.Kind, effect: APIError.Effect, retryAfter: Duration?)
        /// The client died, or gave up the request, while it waited for the answer.
        case vanished

        /// Whether the request may have had an effect of which the client was not told.
        package var leavesDoubt: Bool {
            switch self {
            case .answered: false
            case .failed(_, let effect, _): effect == .unknown
            case .vanished: true
            }
        }
    }

    package struct Record: Sendable {
        /// From 1, in the order of sending.
        package let number: Int
        /// The number of our process that sent it.
        package let sender: Int
        /// The outbox's write that it was sent for, as the test harness knows it; not guessed from the request.
        package let operation: OperationID?
        package let request: SimulatedRequest
        /// The tenant whose account its key opened; `nil` where the server refused the key.
        package let tenant: Tenant?
        /// The server and key that it carried.
        package let access: Access
        package internal(set) var sentAt: VirtualInstant
        package internal(set) var finishedAt: VirtualInstant
        package internal(set) var outcome: Outcome
        package let fault: ExchangeFault?
        /// The conversations in the answer of a list.
        package let listed: Set<RemoteID>
        /// The moment whose state the answer to a read shows: earlier than ``sentAt`` if a replica lags behind.
        package let shows: VirtualInstant

        package init(
            number: Int, sender: Int = 0, operation: OperationID? = nil, request: SimulatedRequest,
            tenant: Tenant? = .ours, access: Access = AccessPlan().source(at: .start), sentAt: VirtualInstant,
            finishedAt: VirtualInstant, outcome: Outcome,
            fault: ExchangeFault? = nil, listed: Set<RemoteID> = [], shows: VirtualInstant? = nil
        ) {
            self.number = number
            self.sender = sender
            self.operation = operation
            self.request = request
            self.tenant = tenant
            self.access = access
            self.sentAt = sentAt
            self.finishedAt = finishedAt
            self.outcome = outcome
            self.fault = fault
            self.listed = listed
            self.shows = shows ?? sentAt
        }
    }

    package internal(set) var records: [Record] = []

    package init(records: [Record] = []) { self.records = records }

    /// The conversations for which the server has answered 404 to a write.
    package var denied: Set<RemoteID> {
        Set(
            records.compactMap { record in
                guard record.request.isWrite, case .failed(.status(404), _, _) = record.outcome else { return nil }
                return record.request.conversation
            })
    }

    /// The conversations that the server has denied to every `get` for as long as a span, at some time.
    package func denied(for span: Duration) -> Set<RemoteID> {
        var since: [RemoteID: VirtualInstant] = [:]
        var found: Set<RemoteID> = []
        for record in records {
            guard case .get(let id) = record.request else { continue }
            switch record.outcome {
            case .failed(.status(404), _, _):
                let first = since[id] ?? record.sentAt
                since[id] = first
                if record.finishedAt >= first + span { found.insert(id) }
            case .answered: since[id] = nil
            default: break
            }
        }
        return found
    }

    /// How many requests had a fault of each kind.
    package var faultCounts: [(name: String, count: Int)] {
        ExchangeFault.names.map { name in (name, records.count { $0.fault?.name == name }) }
    }
}
