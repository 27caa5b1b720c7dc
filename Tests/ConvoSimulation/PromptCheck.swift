package import ConvoModel

/// A write that is queued while the network works is sent within a second, but for what stands before it.
///
/// Judged by idleness: no process of ours waits for anything from the server, for more than a second, while a write
/// that could go has not been sent. Only for runs without faults and without other writers, where nothing else can
/// hold it back.
package enum PromptCheck {
    package static let limit = Duration.seconds(1)

    /// - Parameter queued: each write that was queued, and when.
    package static func violations(
        queued: [(id: OperationID, at: VirtualInstant)], audit: Audit
    ) -> [Violation] {
        queued.compactMap { write in
            let sent = audit.records.first { $0.operation == write.id }?.sentAt
            guard let idle = idle(from: write.at, to: sent ?? .never, in: audit), idle > limit else { return nil }
            return Violation(.late, "\(write.id), queued at \(write.at), waited \(idle) while nothing was under way")
        }
    }

    /// The longest span in which no request was under way.
    private static func idle(from: VirtualInstant, to: VirtualInstant, in audit: Audit) -> Duration? {
        var (free, longest) = (from, Duration.zero)
        for record in audit.records where record.finishedAt > from && record.sentAt <= to {
            longest = max(longest, record.sentAt - free)
            free = max(free, record.finishedAt)
        }
        return to == .never ? .seconds(3600) : max(longest, to - free)
    }
}
