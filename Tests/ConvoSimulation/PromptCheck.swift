package import ConvoModel

/// A write that is queued while the network works is sent within a second, not counting other requests' time.
///
/// The check looks for idle time: a span of more than a second in which no request of ours is in flight while a write
/// waits to be sent. It is only for runs without faults and other writers, where nothing else can delay a write.
package enum PromptCheck {
    package static let limit = Duration.seconds(1)

    /// - Parameters:
    ///   - queued: each write that was queued, and when.
    ///   - audit: the requests of all our processes.
    /// - Returns: a violation for each write that waited too long.
    package static func violations(
        queued: [(id: OperationID, at: VirtualInstant)], audit: Audit
    ) -> [Violation] {
        queued.compactMap { write in
            let sent = audit.records.first { $0.operation == write.id }?.sentAt
            guard let idle = idle(from: write.at, to: sent ?? .never, in: audit), idle > limit else { return nil }
            return Violation(.late, "\(write.id), queued at \(write.at), waited \(idle) while nothing was under way")
        }
    }

    /// The longest span between the two moments without a request in flight; an hour where the write was never sent.
    private static func idle(from: VirtualInstant, to: VirtualInstant, in audit: Audit) -> Duration? {
        var (free, longest) = (from, Duration.zero)
        for record in audit.records where record.finishedAt > from && record.sentAt <= to {
            longest = max(longest, record.sentAt - free)
            free = max(free, record.finishedAt)
        }
        return to == .never ? .seconds(3600) : max(longest, to - free)
    }
}
