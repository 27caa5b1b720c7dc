// One file for each check.

/// A person who runs a program by hand waits for requests in flight, and for a short while between two requests, but
/// not for the minutes that a server may ask a client to wait.
package enum PatienceCheck {
    package static let limit = Duration.seconds(10)

    /// - Parameters:
    ///   - audit: the requests of all our processes.
    ///   - hands: the processes that a person ran to have everything synced once.
    /// - Returns: a violation for each process that waited too long between two requests.
    package static func violations(in audit: Audit, hands: Set<Int>) -> [Violation] {
        hands.sorted().compactMap { hand in
            var free: VirtualInstant?
            for record in audit.records where record.sender == hand {
                if let free, record.sentAt > free + limit {
                    return Violation(
                        .late, "process \(hand) waits \(record.sentAt - free) before request \(record.number)")
                }
                free = max(free ?? record.finishedAt, record.finishedAt)
            }
            return nil
        }
    }
}
