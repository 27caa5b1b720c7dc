import ConvoModel
import ConvoStore

/// Looks for the conversation that a start or restart made whose answer was lost. A value: it says what to ask, and takes
/// the answers.
///
/// Our operation's id stands in the conversation's `metadata`. A server may leave that out of the list, and of `get` too:
/// then the conversation is known by its first input, if other writes of ours show that the server gives no metadata back; if
/// nothing shows it, an equal first input may as well be another writer's. The pages of the list shift while they are read, so they are read again
/// where an unknown conversation stood behind the first page, as a sweep does. (The list's own filter is reported to be
/// unreliable, so it is not used.)
struct CreationSearch {
    enum Step: Hashable {
        case list(page: Int)
        case get(RemoteID)
        case history(RemoteID)
        case found(RemoteID)
        case absent
        /// One that the list has, and that may be ours, was not found: a replica that lags behind may have answered.
        case denied
        /// Several conversations may be ours, or one that is not quite like ours.
        case ambiguous
    }

    /// A page of the list, with what the store knows of it.
    struct Page {
        let conversations: [Conversation]
        /// Those of them that another write of ours has made.
        let claimed: Set<RemoteID>
        /// Whether one was never seen before.
        let hasNew: Bool
    }

    private struct Candidate {
        let id: RemoteID
        let createdAt: Int64
    }
    private enum Phase { case listing(page: Int), asking, comparing, over(Step) }

    /// How far the server's clock and ours may be apart, in microseconds.
    private static let clockTolerance: Int64 = 86_400_000_000
    /// A conversation that was made earlier than this before our write was sent is not known by its first input alone.
    private static let likelyTolerance: Int64 = 600_000_000
    /// More conversations are not asked about one by one.
    private static let candidateLimit = 100

    private let operation: OperationID
    private let isStart: Bool
    private let inputs: Inputs?
    private let sentAt: Int64
    /// Whether the server gave the metadata of other writes of ours back; `nil` where there is none to tell.
    private let serverTells: Bool?
    private let limits: SyncLimits
    private var phase = Phase.listing(page: 0)
    private var pass = 1
    private var mayHaveMissed = false
    private var metInPass: Set<RemoteID> = []
    private var met: Set<RemoteID> = []
    private var candidates: [Candidate] = []
    private var waiting: ArraySlice<Candidate> = []
    /// Those that `get` gave without metadata.
    private var unnamed: [Candidate] = []
    private var likely: [RemoteID] = []
    private var hasDoubtful = false
    private var isDenied = false
    private var listTells = false
    private var getTells = false

    init(_ item: OutboxItem, serverTells: Bool?, limits: SyncLimits) {
        self.serverTells = serverTells
        operation = item.id
        isStart = item.kind == .start
        inputs = try? Inputs(json: item.inputs)
        sentAt = item.sentAt?.microseconds ?? Timestamp(item.createdAt)?.microseconds ?? 0
        self.limits = limits
    }

    var step: Step {
        switch phase {
        case .listing(let page): .list(page: page)
        case .asking: waiting.first.map { .get($0.id) } ?? .absent
        case .comparing: waiting.first.map { .history($0.id) } ?? .absent
        case .over(let step): step
        }
    }

    mutating func listed(_ page: Page) {
        guard case .listing(let number) = phase else { return }
        for conversation in page.conversations { note(conversation, isClaimed: page.claimed.contains(conversation.id)) }
        if case .over = phase { return }
        if number > 0, page.hasNew { mayHaveMissed = true }
        let ids = page.conversations.map(\.id)
        let isPast = page.conversations.last.map { $0.createdAt.microseconds < oldest } ?? true
        let isRepetition = metInPass.isSuperset(of: ids)
        metInPass.formUnion(ids)
        if isPast || isRepetition || number + 1 >= limits.pages {
            endPass()
        } else {
            phase = .listing(page: number + 1)
        }
    }

    /// - Parameter conversation: `nil` where it was not found.
    mutating func got(_ conversation: Conversation?) {
        guard let candidate = waiting.popFirst() else { return }
        if let conversation {
            if isOurs(conversation) { return phase = .over(.found(candidate.id)) }
            if conversation.hasMetadata { getTells = true } else { unnamed.append(candidate) }
        } else {
            isDenied = true
        }
        guard waiting.isEmpty else { return }
        guard !getTells, serverTells != true, !unnamed.isEmpty else { return phase = .over(absent) }
        waiting = unnamed[...]
        phase = .comparing
    }

    /// - Parameter entries: `nil` where the conversation was not found.
    mutating func read(_ entries: [Entry]?) {
        guard let candidate = waiting.popFirst() else { return }
        switch entries.flatMap({ entries in inputs.map { match(of: $0, in: entries) } }) {
        case .present, .unanswered:
            let isLikely = candidate.createdAt >= sentAt - CreationSearch.likelyTolerance
            if isLikely { likely.append(candidate.id) } else { hasDoubtful = true }
        case .ambiguous, .similar: hasDoubtful = true
        case .absent, .outdated: break
        case nil: isDenied = true
        }
        concludeComparing()
    }

    /// A restart's inputs stand behind the entries that it goes on from.
    private func match(of inputs: Inputs, in entries: [Entry]) -> InputMatch {
        isStart ? InputMatch(of: inputs, atStartOf: entries) : InputMatch(of: inputs, in: entries)
    }

    /// The history is too large to be read: it may be ours.
    mutating func couldNotRead() {
        guard waiting.popFirst() != nil else { return }
        hasDoubtful = true
        concludeComparing()
    }

    private var absent: Step { isDenied ? .denied : .absent }

    private mutating func concludeComparing() {
        guard waiting.isEmpty else { return }
        switch (likely.count, hasDoubtful) {
        case (0, false): phase = .over(absent)
        case (1, false) where isDenied: phase = .over(.denied)
        case (1, false) where serverTells == false: phase = .over(.found(likely[0]))
        default: phase = .over(.ambiguous)
        }
    }

    /// What was made earlier cannot be ours.
    private var oldest: Int64 { sentAt - CreationSearch.clockTolerance }

    private mutating func note(_ conversation: Conversation, isClaimed: Bool) {
        if isOurs(conversation) { phase = .over(.found(conversation.id)) }
        if conversation.hasMetadata { listTells = true }
        guard met.insert(conversation.id).inserted, !isClaimed, !conversation.hasMetadata,
            conversation.createdAt.microseconds >= oldest
        else { return }
        candidates.append(Candidate(id: conversation.id, createdAt: conversation.createdAt.microseconds))
    }

    private func isOurs(_ conversation: Conversation) -> Bool {
        conversation.metadata?[Store.operationKey]?.string == operation.rawValue
    }

    private mutating func endPass() {
        if mayHaveMissed, pass < limits.passes {
            (mayHaveMissed, metInPass, pass) = (false, [], pass + 1)
            phase = .listing(page: 0)
        } else if listTells || candidates.isEmpty {
            phase = .over(.absent)
        } else if candidates.count > CreationSearch.candidateLimit {
            phase = .over(.ambiguous)
        } else {
            waiting = candidates[...]
            phase = .asking
        }
    }
}

extension Conversation {
    fileprivate var hasMetadata: Bool { metadata?.members.isEmpty == false }
}
