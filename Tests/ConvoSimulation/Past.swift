/// The server's conversations before each change, for reads that a lagging replica answers.
struct Past: Hashable, Sendable {
    /// How far behind a replica may be.
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

    /// The conversations at that moment; `nil` if nothing has changed since.
    func conversations(at instant: VirtualInstant) -> [ServedConversation]? {
        states.first { $0.until > instant }?.conversations
    }
}
