import ConvoModel

/// A person's word on one call that waits for it.
struct ToolConfirmation: Hashable, Sendable {
    let index: Int
    let isAllowed: Bool
}

extension [JSONText] {
    /// The entries with the confirmed calls marked so.
    func confirmed(by confirmations: [ToolConfirmation]) -> [JSONText] {
        var entries = self
        for confirmation in confirmations {
            entries[confirmation.index] = entries[confirmation.index].setting(
                "confirmation_status", to: .string(confirmation.isAllowed ? "allowed" : "denied"))
        }
        return entries
    }
}
