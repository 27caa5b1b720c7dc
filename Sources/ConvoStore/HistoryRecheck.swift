import ConvoJSON
package import ConvoModel

/// When the engine reads a history again although the list announces no change.
///
/// There are three reasons:
/// - `updated_at` moves with an append, but not when a conversation's first answer completes. A history that was read
///   in between ends with an input (or a tool's run), is empty, or holds a restart's copies only; nothing would
///   announce its answer.
/// - The history may come from a replica or a cache and be older than the list: an entry that the mirror holds is
///   missing, or `updated_at` has moved and the history has not changed, or `updated_at` has just moved and another
///   turn fits between the last entry and it.
/// - The first turn of a conversation with tools or an agent ends with a message: the model may have said it before it used a
///   tool or handed over, and nothing would announce what follows.
///
/// The wait before each attempt is longer than the one before. The end is a number of attempts and not a time, because
/// the server's clock and ours may differ, and ours may be set.
package struct HistoryRecheck: Sendable, Hashable {
    /// Why the stored history may be incomplete.
    ///
    /// - `unanswered`: the last turn has no answer yet.
    /// - `outdated`: the history seems older than what the list or the mirror shows.
    /// - `firstTurn`: the first turn may go on behind what the history shows of it.
    package enum Cause: Sendable, Hashable {
        case unanswered, outdated, firstTurn
    }

    /// How many times the history was read again after a wait was over.
    package let attempts: Int
    /// When the next attempt is due, by the clock of this machine.
    package let due: Timestamp
    /// Why the engine reads the history again; if several reasons hold, the first in the order of ``Cause``.
    package let cause: Cause
    /// How many readings in a row seemed outdated, each after its wait. A reading that only lacks an answer is none of
    /// them: what it leaves out may be on a replica that lags behind.
    package let outdatedReadings: Int
    /// How many readings in a row showed a first turn that may go on.
    package let firstTurnReadings: Int

    /// Makes a recheck of stored values; ``next(after:entries:createdAt:isOutdated:mayGoOn:now:)`` decides on a new one.
    package init(
        attempts: Int, due: Timestamp, cause: Cause = .unanswered, outdatedReadings: Int = 0, firstTurnReadings: Int = 0
    ) {
        self.firstTurnReadings = firstTurnReadings
        self.attempts = attempts
        self.due = due
        self.cause = cause
        self.outdatedReadings = outdatedReadings
    }

    /// Attempts while an answer is missing: their waits add up to a quarter of an hour.
    ///
    /// The server gives up after ten minutes.
    static let unansweredLimit = 9
    /// Readings that may seem outdated: the waits after them add up to almost three minutes.
    ///
    /// The next one that leaves out the same is believed, and the store marks what it leaves out as dropped by the
    /// server.
    static let outdatedLimit = 4
    /// The readings of a first turn that may go on: the waits after them add up to eleven minutes. The server gives up after ten.
    static let firstTurnLimit = 5
    /// How much later than the end of the last entry `updated_at` usually is.
    ///
    /// The server makes an answer's entry at its first word, and moves `updated_at` at its last; not every entry says when it
    /// was complete.
    private static let usualGapMicroseconds: Int64 = 2_000_000
    private static let callGapMicroseconds: Int64 = 500_000
    /// How much later than `created_at` the `updated_at` of a conversation without an append is at most: it was seen to be two
    /// microseconds later.
    private static let firstTurnMicroseconds: Int64 = 1_000_000
    /// An `updated_at` that is older than this is no longer recent: no replica lags so far behind.
    private static let recentMicroseconds: Int64 = 600_000_000
    /// A turn that is older than this by our clock gets no answer any more: no two clocks are so far apart.
    static let oldestMicroseconds: Int64 = 86_400_000_000
    /// A due time that is further ahead than this was written before the clock was set back.
    static let longestWaitMicroseconds = firstWaitMicroseconds << Int64(unansweredLimit)
    private static let firstWaitMicroseconds: Int64 = 2_000_000

    /// The wait between an attempt and the next one.
    ///
    /// It doubles with each attempt; it grows fourfold for a history that seems outdated, because each attempt reads
    /// all of it, and for a first turn.
    private static func wait(
        _ cause: Cause, _ attempts: Int, outdatedReadings: Int, firstTurnReadings: Int
    ) -> Duration {
        let doublings =
            switch cause {
            case .unanswered: attempts
            case .outdated: (outdatedReadings - 1) * 2
            case .firstTurn: (firstTurnReadings - 1) * 2
            }
        return .microseconds(firstWaitMicroseconds << Int64(doublings))
    }

    /// The wait between this attempt and the next one.
    package var wait: Duration {
        HistoryRecheck.wait(
            cause, attempts, outdatedReadings: outdatedReadings, firstTurnReadings: firstTurnReadings)
    }

    /// Whether a history may lack the turn that moved `updated_at`: that is later than the last entry with a time by
    /// more than is usual, or by more than the last turn took.
    ///
    /// The second reason finds a replica that has only the first turns of a burst: the next ones fit in the time that is
    /// left. A history with a single turn does not tell how long a turn takes, so the second reason needs two.
    static func isGap(between entries: some BidirectionalCollection<Entry>, and updatedAt: Timestamp) -> Bool {
        let told = entries.lazy.reversed().filter { $0.createdAt != nil }
        guard let last = told.first, let end = end(of: last) else { return false }
        if isGap(from: end, to: updatedAt) { return true }
        // The server mostly writes a call faster than an answer.
        if last.type == .functionCall, updatedAt.microseconds - end.microseconds > callGapMicroseconds { return true }
        guard let previous = told.drop(while: { !$0.type.isInput }).first(where: { !$0.type.isInput }).flatMap(self.end)
        else { return false }
        return updatedAt.microseconds - end.microseconds > max(0, end.microseconds - previous.microseconds)
    }

    /// When an entry was complete, as far as it tells; `nil` if it has no time.
    private static func end(of entry: Entry) -> Timestamp? {
        guard let begun = entry.createdAt else { return nil }
        return max(begun, entry.raw["completed_at"].flatMap { Timestamp(lenient: $0) } ?? begun)
    }

    /// Whether `updated_at` is later than the end of the turn that has moved it by more than is usual, so that it may be
    /// another turn's.
    package static func isGap(from written: Timestamp, to updatedAt: Timestamp) -> Bool {
        updatedAt.microseconds - written.microseconds > usualGapMicroseconds
    }

    /// Whether `updated_at` is so close to the moment that a replica may not have the change yet.
    static func isRecent(_ updatedAt: Timestamp, at moment: Timestamp) -> Bool {
        abs(moment.microseconds - updatedAt.microseconds) < recentMicroseconds
    }

    /// Whether a conversation has had its first turn only: an append moves `updated_at`, and the first turn does not.
    static func isFirstTurn(createdAt: Timestamp, updatedAt: Timestamp) -> Bool {
        updatedAt.microseconds - createdAt.microseconds < firstTurnMicroseconds
    }

    /// Decides, after a history was read, whether and when to read it again.
    ///
    /// - Parameters:
    ///   - before: the decision after the previous reading of the same version; `nil` if there was none, or the
    ///     conversation has changed since.
    ///   - entries: the history that was read, in its order.
    ///   - createdAt: the conversation's `created_at`: entries that are older are copies that a restart made. `nil` if
    ///     it is not known.
    ///   - isOutdated: whether the history seems older than the list or the mirror.
    ///   - mayGoOn: whether the message or call with which it ends may stand in the middle of a turn.
    ///   - now: the present moment by this machine's clock.
    /// - Returns: the next attempt; `nil` if the history is complete, its last turn is too old to get an answer, or the
    ///   attempts are used up.
    package static func next(
        after before: HistoryRecheck?, entries: some BidirectionalCollection<Entry>, createdAt: Timestamp?,
        isOutdated: Bool = false, mayGoOn: Bool = false, now: Timestamp
    ) -> HistoryRecheck? {
        let since = unansweredSince(entries, createdAt: createdAt)
        let isUnanswered = since.map { now.microseconds - $0.microseconds < oldestMicroseconds } ?? false
        let isEarly = before?.isAhead(of: now) ?? false
        // The wait was cut short as well where the clock was set back.
        let isOver = before.map { $0.due <= now } != false
        func counted(_ isSo: Bool, _ before: Int?) -> Int {
            isSo ? (isOver ? (before ?? 0) + 1 : max(before ?? 0, 1)) : 0
        }
        let outdatedReadings = counted(isOutdated, before?.outdatedReadings)
        let firstTurnReadings = counted(
            mayGoOn && (!isOutdated || outdatedReadings > outdatedLimit), before?.firstTurnReadings)
        if let before, isEarly {
            guard isUnanswered || isOutdated || mayGoOn else { return nil }
            return HistoryRecheck(
                attempts: before.attempts, due: before.due,
                cause: isUnanswered ? .unanswered : isOutdated ? .outdated : .firstTurn,
                outdatedReadings: outdatedReadings, firstTurnReadings: firstTurnReadings)
        }
        let attempts = before.map { $0.attempts + 1 } ?? 0
        let cause: Cause
        if isUnanswered, attempts < unansweredLimit {
            cause = .unanswered
        } else if isOutdated, outdatedReadings <= outdatedLimit {
            cause = .outdated
        } else if (1...firstTurnLimit).contains(firstTurnReadings) {
            cause = .firstTurn
        } else {
            return nil
        }
        let wait = wait(cause, attempts, outdatedReadings: outdatedReadings, firstTurnReadings: firstTurnReadings)
        return HistoryRecheck(
            attempts: attempts, due: now + wait, cause: cause, outdatedReadings: outdatedReadings,
            firstTurnReadings: firstTurnReadings)
    }

    /// Whether entries that a history leaves out are taken for dropped by the server.
    ///
    /// - Parameters:
    ///   - before: the decision after the previous reading of the same version; `nil` if there was none.
    ///   - now: the present moment by this machine's clock.
    /// - Returns: `true` once as many readings as may seem outdated have done so, and the last wait was as long as theirs: while
    ///   an answer is missing as well, the readings follow each other faster than replicas catch up.
    static func isBelieved(after before: HistoryRecheck?, now: Timestamp) -> Bool {
        guard let before else { return false }
        let longest = wait(.outdated, 0, outdatedReadings: outdatedLimit, firstTurnReadings: 0)
        return before.outdatedReadings >= outdatedLimit && before.due <= now && before.wait >= longest
    }

    private func isAhead(of now: Timestamp) -> Bool {
        due > now && due.microseconds <= now.microseconds + HistoryRecheck.longestWaitMicroseconds
    }

    /// Whether the last turn of a history has no answer: only a message or a function call ends a turn, and one that is
    /// older than its conversation was copied from another one.
    ///
    /// - Parameters:
    ///   - entries: the history, or its end.
    ///   - createdAt: the conversation's `created_at`; `nil` if it is not known.
    /// - Returns: `true` also if there is no entry.
    package static func lacksAnswer(_ entries: some BidirectionalCollection<Entry>, createdAt: Timestamp?) -> Bool {
        guard let last = lastTold(entries), last.type == .messageOutput || last.type == .functionCall else {
            return true
        }
        guard let createdAt, let written = last.createdAt else { return false }
        return written < createdAt
    }

    /// The last entry; an element that has neither type nor time hides none that stands before it.
    static func lastTold(_ entries: some BidirectionalCollection<Entry>) -> Entry? {
        entries.last { $0.raw["type"] != nil || $0.createdAt != nil } ?? entries.last
    }

    private static func unansweredSince(
        _ entries: some BidirectionalCollection<Entry>, createdAt: Timestamp?
    ) -> Timestamp? {
        guard lacksAnswer(entries, createdAt: createdAt) else { return nil }
        guard let last = lastTold(entries) else { return createdAt }
        return last.type == .messageOutput || last.type == .functionCall ? createdAt : last.createdAt ?? createdAt
    }
}
