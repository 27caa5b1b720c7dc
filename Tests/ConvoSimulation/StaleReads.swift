// The scenario draws it, and the simulated world asks it.

/// The reads that are answered from an older state, as by a lagging replica or a cache.
package enum StaleReads: CaseIterable, Hashable, Sendable {
    case histories, descriptions, both

    func includes(_ request: SimulatedRequest) -> Bool {
        switch request {
        case .history, .messages: self != .descriptions
        case .list, .get: self != .histories
        case .start, .append, .restart, .delete, .whoAmI: false
        }
    }
}
