import ConvoJSON
import ConvoModel
import ConvoStore

/// Looks for the conversation that a start or restart made whose answer was lost.
///
/// A value: it says what to ask, and takes the answers.
///
/// Our operation's id is in the conversation's `metadata`. A server may leave `metadata` out of the list, and out of
/// `get` too, of some conversations or of all. The conversation is then recognised by its first input, if other writes
/// of ours show that the server does not return metadata; if nothing shows that, an equal first input may as well be
/// another writer's.
///
/// The search reads the list until it can have overlooked nothing (``ExhaustiveListing``). It does not use the list's own
/// filter, which is reported to be unreliable.
struct CreationSearch {
    /// The next question to the server, or the result.
    enum Step: Hashable {
        /// Reads a page of the list; it goes to ``listed(_:)``.
        case list(page: Int)
        /// Reads a conversation; it goes to ``got(_:)``.
        case get(RemoteID)
        /// Reads a history; it goes to ``read(_:)``, or ``couldNotRead()`` is called.
        case history(RemoteID)
        /// This conversation is ours: it has our operation's id.
        case found(RemoteID)
        /// This conversation begins with our inputs, and the server gives no metadata: it is ours, unless another write
        /// of ours that says the same may have made it.
        case likely(RemoteID)
        /// No conversation is ours.
        case absent
        /// Too little was seen to tell: the list did not hold still or had rows that cannot be read, or a conversation
        /// of the list that may be ours was not found, because a replica that lags behind has answered.
        case unproven
        /// Several conversations may be ours, or one that is not quite like ours.
        case ambiguous
    }

    /// A page of the list, and what the store knows about it.
    struct Page {
        let content: ConversationPage
        /// Those of the conversations that the write cannot have made.
        let excluded: Set<RemoteID>
    }

    private struct Candidate {
        let id: RemoteID
        let createdAt: Timestamp
    }
    private enum Phase { case listing, asking, comparing, over(Step) }

    /// How far the server's clock and ours may be apart, in microseconds (one day).
    private static let clockTolerance: Int64 = 86_400_000_000
    /// A conversation older than our write by more than this, in microseconds (ten minutes), is not ours as a rule.
    private static let likelyTolerance: Int64 = 600_000_000
    /// How far two of the server's own clocks may be apart, in microseconds (a minute): what it made before the newest change
    /// that was known when the write was sent is not ours either, wherever our own clock was.
    private static let serverTolerance: Int64 = 60_000_000
    /// How much earlier than its conversation an entry may be that is no copy, in microseconds: a first input was seen to
    /// be a few milliseconds older.
    private static let inputTolerance: Int64 = 100_000
    /// With more candidates the search does not read each: it believes a list that shows the metadata of a write of ours,
    /// or gives up.
    private static let candidateLimit = 100

    private let operation: OperationID
    private let isStart: Bool
    private let inputs: Inputs?
    private let sentAt: Int64
    /// A conversation that was made earlier is not recognised by its first input alone.
    private let likelySince: Int64
    /// Whether other writes of ours show that `get` does not return metadata.
    private let hidesMetadata: Bool
    private var phase = Phase.listing
    private var listing: ExhaustiveListing
    /// The conversations that were on the pages of the list.
    private(set) var met: Set<RemoteID> = []
    private var candidates: [Candidate] = []
    private var waiting: ArraySlice<Candidate> = []
    /// The candidates that `get` returned without metadata.
    private var unnamed: [Candidate] = []
    private var likely: [RemoteID] = []
    private var hasDoubtful = false
    /// Whether a conversation that may be ours was not seen, or not well enough.
    private var hasUnseen = false
    /// Whether the list shows a conversation's metadata, so that it would have shown ours.
    private(set) var listTells = false
    /// Whether the list shows the metadata of a write of ours, so that a row without it is not ours, or is one of those
    /// for which the server leaves it out.
    private var listTellsOurs = false

    init(_ item: OutboxItem, hidesMetadata: Bool, limits: SyncLimits) {
        self.hidesMetadata = hidesMetadata
        operation = item.id
        isStart = item.kind == .start
        inputs = try? Inputs(json: item.inputs)
        sentAt = item.sentAt?.microseconds ?? item.createdAt.microseconds
        let known = item.base?.version.flatMap { Timestamp(lenient: $0) }
        likelySince = max(
            sentAt - CreationSearch.likelyTolerance,
            known.map { $0.microseconds - CreationSearch.serverTolerance } ?? .min)
        listing = ExhaustiveListing(
            backTo: Timestamp(microseconds: sentAt - CreationSearch.clockTolerance), limits: limits)
    }

    /// The next thing to do.
    var step: Step {
        switch phase {
        case .listing: .list(page: listing.page ?? 0)
        case .asking: waiting.first.map { .get($0.id) } ?? .absent
        case .comparing: waiting.first.map { .history($0.id) } ?? .absent
        case .over(let step): step
        }
    }

    mutating func listed(_ page: Page) {
        guard case .listing = phase else { return }
        for conversation in page.content.conversations {
            note(conversation, isExcluded: page.excluded.contains(conversation.id))
            if case .over = phase { return }
        }
        if page.content.oddItems.contains(where: mayBeOurs) { hasUnseen = true }
        listing.listed(ExhaustiveListing.Page(conversations: page.content.conversations, count: page.content.count))
        if listing.page == nil { endListing() }
    }

    /// Takes the answer to ``Step/get(_:)``.
    ///
    /// - Parameter conversation: `nil` if the server did not find it.
    mutating func got(_ conversation: Conversation?) {
        guard let candidate = waiting.popFirst() else { return }
        if let conversation {
            if isOurs(conversation) { return phase = .over(.found(candidate.id)) }
            if !conversation.hasMetadata { unnamed.append(candidate) }
        } else {
            hasUnseen = true
        }
        guard waiting.isEmpty else { return }
        guard !unnamed.isEmpty else { return phase = .over(absent) }
        waiting = unnamed[...]
        phase = .comparing
    }

    /// Takes the answer to ``Step/history(_:)``.
    ///
    /// - Parameter entries: `nil` if the server did not find the conversation.
    mutating func read(_ entries: HistoryEntries?) {
        guard let candidate = waiting.popFirst() else { return }
        let match = entries.flatMap { entries in
            inputs.map { CreationSearch.match(of: $0, in: entries, isStart: isStart, createdAt: candidate.createdAt) }
        }
        switch match {
        case .present, .unanswered:
            if candidate.createdAt.microseconds >= likelySince {
                likely.append(candidate.id)
            } else {
                hasDoubtful = true
            }
        case .ambiguous, .similar: hasDoubtful = true
        case .absent, .outdated: break
        case nil: hasUnseen = true
        }
        concludeComparing()
    }

    /// Whether a history is that of a conversation that the write made.
    ///
    /// A start's inputs come first. A restart's follow the entries that it continues from, which may be listed as
    /// copies: those are older than the conversation. If only copies contain the inputs, another writer's restart may
    /// have made the conversation, and the result is ``InputMatch/ambiguous``.
    ///
    /// - Parameters:
    ///   - inputs: the write's inputs.
    ///   - entries: the whole history.
    ///   - isStart: whether the write is a start.
    ///   - createdAt: the conversation's `created_at`; `nil` if it is not known.
    /// - Returns: ``InputMatch/present`` or ``InputMatch/unanswered`` if the write made it.
    static func match(
        of inputs: Inputs, in entries: some RandomAccessCollection<Entry>, isStart: Bool, createdAt: Timestamp?
    ) -> InputMatch {
        let whole = isStart ? InputMatch(of: inputs, atStartOf: entries) : InputMatch(of: inputs, in: entries)
        guard let createdAt else { return whole }
        let copies = copies(in: entries, of: createdAt)
        guard copies > 0 || entries.first?.createdAt != nil else { return whole }
        let match = isStart && copies > 0 ? .absent : InputMatch(of: inputs, atStartOf: entries.dropFirst(copies))
        return match == .absent && whole != .absent ? .ambiguous : match
    }

    /// With how many entries a conversation begins that were copied from another one; an element that cannot be read has no time, and
    /// may stand among them.
    static func copies(in entries: some RandomAccessCollection<Entry>, of createdAt: Timestamp) -> Int {
        let front = entries.prefix { $0.createdAt == nil || isCopy($0, of: createdAt) }
        return front.reversed().drop { !isCopy($0, of: createdAt) }.count
    }

    /// Whether an entry of a conversation is older than that, and so was copied from another one.
    private static func isCopy(_ entry: Entry, of createdAt: Timestamp) -> Bool {
        let first = Timestamp(microseconds: createdAt.microseconds - CreationSearch.inputTolerance)
        return entry.createdAt.map { $0 < first } ?? false
    }

    /// Takes note that the history is too large to be read.
    ///
    /// The conversation may be ours.
    mutating func couldNotRead() {
        guard waiting.popFirst() != nil else { return }
        hasDoubtful = true
        concludeComparing()
    }

    private var absent: Step { hasUnseen ? .unproven : .absent }

    private mutating func concludeComparing() {
        guard waiting.isEmpty else { return }
        switch (likely.count, hasDoubtful) {
        case (0, false): phase = .over(absent)
        case (1, false) where hasUnseen: phase = .over(.unproven)
        case (1, false) where hidesMetadata && !listTellsOurs: phase = .over(.likely(likely[0]))
        default: phase = .over(.ambiguous)
        }
    }

    /// A conversation that was made earlier cannot be ours.
    var oldest: Timestamp { listing.backTo }

    private mutating func note(_ conversation: Conversation, isExcluded: Bool) {
        if isOurs(conversation) { phase = .over(.found(conversation.id)) }
        if conversation.hasMetadata { listTells = true }
        if conversation.metadata?[Store.operationKey] != nil { listTellsOurs = true }
        guard met.insert(conversation.id).inserted, !isExcluded, !conversation.hasMetadata,
            conversation.createdAt >= oldest || conversation.createdAt.isUnknown
        else { return }
        candidates.append(Candidate(id: conversation.id, createdAt: conversation.createdAt))
    }

    private func isOurs(_ conversation: Conversation) -> Bool {
        conversation.metadata?[Store.operationKey]?.string == operation.rawValue
    }

    /// Whether a row of the list that cannot be read may be the conversation that the write made: it does not tell when
    /// it was made, or that was not long enough before the write; and it does not show another's metadata.
    private func mayBeOurs(_ row: OddItem) -> Bool {
        guard !row.isTakenIn else { return false }
        guard let raw = row.raw else { return true }
        if let metadata = raw["metadata"], metadata.members.isEmpty == false {
            return metadata[Store.operationKey]?.string == operation.rawValue
        }
        return raw["created_at"].flatMap { Timestamp(lenient: $0) }.map { $0 >= oldest } ?? true
    }

    private mutating func endListing() {
        if !listing.isComplete { hasUnseen = true }
        if candidates.isEmpty {
            phase = .over(absent)
        } else if candidates.count > CreationSearch.candidateLimit {
            // The server may give the metadata of starts and not that of branches.
            phase = .over(isStart && listTellsOurs ? absent : .ambiguous)
        } else {
            waiting = candidates[...]
            phase = .asking
        }
    }
}

extension Conversation {
    fileprivate var hasMetadata: Bool { metadata?.members.isEmpty == false }
}
