import ConvoJSON
import ConvoModel
import ConvoStore

/// Whether a history contains the inputs that were sent: the question after a lost answer.
enum InputMatch: Hashable, Sendable {
    /// The inputs are there, and so is their answer; or the run that a confirmation of tool calls allowed has left one.
    case present
    /// The inputs are there without an answer: their run is under way, or has failed.
    ///
    /// A server may show the inputs of a run and drop them when it fails.
    case unanswered
    /// Nothing behind the base can be ours.
    case absent
    /// Equal inputs are there more than once, or are older than ours: nobody can tell which are ours.
    case ambiguous
    /// An input with the same letters and digits is there that is not equal: the server may have changed ours.
    case similar
    /// The history does not contain the base: it is older than what was known before the write was sent, or the server
    /// has dropped that entry.
    ///
    /// It proves nothing.
    case outdated

    /// Looks for a request's inputs behind the base, the last entry just before the request was sent.
    ///
    /// - Parameters:
    ///   - request: what was sent.
    ///   - entries: the whole history.
    ///   - base: the id of the base; `nil` if there was no entry.
    ///   - moment: a moment of the server's clock; what was written by then is not ours. `nil` if it is not known.
    init(
        of request: AppendRequest, in entries: some RandomAccessCollection<Entry>, after base: EntryID?,
        writtenBy moment: Timestamp? = nil
    ) {
        guard let start = InputMatch.start(in: entries, after: base) else {
            self = .outdated
            return
        }
        let later = entries[start...]
        guard let inputs = request.inputs else {
            self.init(ofConfirmations: request.toolConfirmations?.elements ?? [], in: entries[..<start], later)
            return
        }
        self.init(of: inputs, in: later, writtenBy: moment)
    }

    /// Looks for the run that a confirmation of tool calls has begun: the confirmation may leave no entry of its own.
    ///
    /// If the calls say that they were decided otherwise, or another's message or result follows, somebody else was there.
    private init(
        ofConfirmations confirmations: [JSONText], in earlier: some BidirectionalCollection<Entry>,
        _ later: some BidirectionalCollection<Entry>
    ) {
        let isContradicted = confirmations.contains { confirmation in
            let call = earlier.last { $0.raw["tool_call_id"]?.string == confirmation["tool_call_id"]?.string }
            return switch call?.raw["confirmation_status"]?.string {
            case "allowed": confirmation["confirmation"]?.string != "allow"
            case "denied": confirmation["confirmation"]?.string != "deny"
            default: false
            }
        }
        if later.isEmpty {
            self = isContradicted ? .ambiguous : .absent
        } else if isContradicted || later.first?.type == .messageInput || later.first?.type == .functionResult {
            self = .ambiguous
        } else {
            self = HistoryRecheck.lacksAnswer(later, createdAt: nil) ? .unanswered : .present
        }
    }

    /// Looks for inputs among entries that are all newer than the base.
    init(of inputs: Inputs, in later: some RandomAccessCollection<Entry>, writtenBy moment: Timestamp? = nil) {
        let wanted = inputs.asEntries.map { InputFingerprint($0) }
        let ends = InputMatch.ends(of: wanted, in: later)
        switch ends.count {
        case 0: self = InputMatch.isSimilar(wanted, to: later) ? .similar : .absent
        case 1 where InputMatch.isOlder(later[later.index(ends[0], offsetBy: -wanted.count)], than: moment):
            self = .ambiguous
        case 1: self = InputMatch.isAnswered(later[ends[0]...]) ? .present : .unanswered
        default: self = .ambiguous
        }
    }

    /// Looks for the inputs with which a conversation was started.
    ///
    /// Looks only before its first answer, because later inputs belong to appends.
    init(of inputs: Inputs, atStartOf entries: some RandomAccessCollection<Entry>) {
        let inputCount = inputs.asEntries.count  // these may contain answers themselves
        let answer = entries.dropFirst(inputCount).firstIndex { $0.type != .messageInput && $0.type != .functionResult }
        self.init(of: inputs, in: entries[..<(answer ?? entries.endIndex)])
    }

    /// Whether the entries behind an input show that its run has ended: with an answer, or because the next turn follows.
    private static func isAnswered(_ rest: some BidirectionalCollection<Entry>) -> Bool {
        rest.contains { $0.type == .messageInput || $0.type == .functionResult }
            || !HistoryRecheck.lacksAnswer(rest, createdAt: nil)
    }

    private static func start<Entries: RandomAccessCollection<Entry>>(
        in entries: Entries, after base: EntryID?
    ) -> Entries.Index? {
        guard let base else { return entries.startIndex }
        return entries.lastIndex { $0.id == base }.map(entries.index(after:))
    }

    /// The indices behind each place where `wanted` occurs in `entries`, without overlap.
    private static func ends<Entries: RandomAccessCollection<Entry>>(
        of wanted: [InputFingerprint], in entries: Entries
    ) -> [Entries.Index] {
        guard !wanted.isEmpty else { return [] }
        var ends: [Entries.Index] = []
        var index = entries.startIndex
        while entries.distance(from: index, to: entries.endIndex) >= wanted.count {
            if zip(entries[index...], wanted).allSatisfy({ InputFingerprint($0.raw).isEqual(to: $1) }) {
                entries.formIndex(&index, offsetBy: wanted.count)
                ends.append(index)
            } else {
                entries.formIndex(after: &index)
            }
        }
        return ends
    }

    /// Whether the entry was there already when ours was sent, and so is another writer's, unless the server's clocks
    /// disagree.
    private static func isOlder(_ entry: Entry, than moment: Timestamp?) -> Bool {
        guard let moment, let written = entry.createdAt else { return false }
        return written <= moment
    }

    /// Whether any of the inputs may have come back changed.
    private static func isSimilar(_ wanted: [InputFingerprint], to entries: some Collection<Entry>) -> Bool {
        entries.contains { entry in
            let found = InputFingerprint(entry.raw)
            return wanted.contains { found.isSimilar(to: $0) }
        }
    }
}
