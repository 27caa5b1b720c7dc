/// A person who runs a program by hand waits for what is under way, and for a short while between two tries: never for what
/// the server wants to be asked again in minutes.
package enum PatienceCheck {
    package static let limit = Duration.seconds(10)

    /// - Parameter hands: the processes that a person ran to have everything synced once.
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
