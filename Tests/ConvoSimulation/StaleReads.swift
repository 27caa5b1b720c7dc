/// Which of its answers a server gives from an older state: a replica that lags behind, or a cache.
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
