/// What the server had before each change, for readers whom a replica answers that lags behind.
struct Past: Hashable, Sendable {
    /// How far behind one may be.
    static let limit = Duration.seconds(150)

    private var states: [State] = []

    private struct State: Hashable, Sendable {
        let until: VirtualInstant
        let conversations: [ServedConversation]
    }

    mutating func note(_ conversations: [ServedConversation], until instant: VirtualInstant) {
        states.removeAll { $0.until + Past.limit < instant }
        states.append(State(until: instant, conversations: conversations))
    }

    /// What was there at that moment; `nil` where it is what is there now.
    func conversations(at instant: VirtualInstant) -> [ServedConversation]? {
        states.first { $0.until > instant }?.conversations
    }
}
