package import ConvoAPI
package import ConvoModel

/// What our client asked of the server, request by request: what the checkers judge it by.
package struct Audit: Sendable {
    package enum Outcome: Hashable, Sendable {
        case answered
        case failed(APIError.Kind, effect: APIError.Effect, retryAfter: Duration?)
        /// The client died while it waited.
        case vanished

        /// Whether the request may have done something that the client was not told.
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
        /// Which of our processes sent it.
        package let sender: Int
        /// The write of the outbox that it was sent for, as the harness says; not guessed from the request.
        package let operation: OperationID?
        package let request: SimulatedRequest
        /// Whose conversations it was about; `nil` where the key was refused.
        package let tenant: Tenant?
        /// The server and key that it showed.
        package let access: Access
        package let sentAt: VirtualInstant
        package internal(set) var finishedAt: VirtualInstant
        package internal(set) var outcome: Outcome
        package let fault: Fault?

        package init(
            number: Int, sender: Int = 0, operation: OperationID? = nil, request: SimulatedRequest,
            tenant: Tenant? = .ours, access: Access = AccessPlan().source(at: .start), sentAt: VirtualInstant,
            finishedAt: VirtualInstant, outcome: Outcome,
            fault: Fault? = nil
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
        }
    }

    package internal(set) var records: [Record] = []

    package init(records: [Record] = []) { self.records = records }

    /// The conversations of which the server has said that they are not there when they were written to.
    package var denied: Set<RemoteID> {
        Set(
            records.compactMap { record in
                guard record.request.isWrite, case .failed(.status(404), _, _) = record.outcome else { return nil }
                return record.request.conversation
            })
    }

    /// How many faults of each kind took effect.
    package var faultCounts: [(name: String, count: Int)] {
        Fault.names.map { name in (name, records.count { $0.fault?.name == name }) }
    }
}
