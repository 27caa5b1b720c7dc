import ConvoAPI
package import ConvoModel
import MistralEmulator

/// No process of ours sent a request that the rules forbid.
package struct RequestCheck: Sendable {
    /// How soon after a 429 without `Retry-After` our process may send the same request again.
    package var shortestBackOff = Duration.milliseconds(500)
    /// How long after a request ended in doubt its commit may still surface; a read proves nothing before.
    package var patience = ServerSwitches.usualLockLimit
    /// The writes that a person retried; such a write may be sent again after the server refused it.
    package var retriedByHand: Set<OperationID> = []
    /// How often a person let each write go without a look, although it may have been there.
    package var risks: [OperationID: Int] = [:]

    /// When a person's write woke our process; the process may then try at once.
    package var wakes: [VirtualInstant] = []
    /// When our machine's clock was set.
    package var clockJumps: [VirtualInstant] = []
    /// The processes that a person ran; they try at once.
    package var runByHand: Set<Int> = []
    /// How many pulls programs asked our process for, beside its own.
    package var pullsBeside = 0
    /// The rules that do not apply to this run.
    package var forgives: Set<Violation.Rule> = []

    /// How many requests for the list one process may have in flight side by side.
    private var listers: Int { pullsBeside > 0 ? 10 : 5 }

    package init() {}

    package func violations(in audit: Audit) -> [Violation] {
        let all =
            overlaps(in: audit) + resends(in: audit) + impatience(in: audit) + earlyPulls(in: audit)
            + stubbornness(in: audit) + malformed(in: audit) + outages.violations(in: audit)
        return all.filter { !forgives.contains($0.rule) }
    }

    private var outages: OutageCheck {
        OutageCheck(exempt: runByHand) { from, to in
            (clockJumps + wakes).contains { from <= $0 && $0 <= to }
        }
    }

    /// At most one append of ours is in flight in a conversation, whichever of our processes sent it.
    private func overlaps(in audit: Audit) -> [Violation] {
        var busyUntil: [RemoteID: (until: VirtualInstant, number: Int)] = [:]
        var violations: [Violation] = []
        for record in audit.records where record.request.isWrite {
            guard case .append(_, let id) = record.request else { continue }
            if let busy = busyUntil[id], busy.until > record.sentAt {
                violations.add(.overlappingWriters, "request \(record.number) joins \(busy.number) in \(id)")
            }
            busyUntil[id] = (max(record.finishedAt, busyUntil[id]?.until ?? record.finishedAt), record.number)
        }
        return violations
    }

    /// A write in doubt is sent again only after a read that began when no commit could surface any more.
    private func resends(in audit: Audit) -> [Violation] {
        var doubtful: [OperationID: Audit.Record] = [:]
        var risks = risks
        var violations: [Violation] = []
        for record in audit.records where record.request.isTurn {
            guard let operation = record.operation else { continue }
            if let earlier = doubtful[operation] {
                let settled = earlier.finishedAt + patience
                let looked = audit.records.contains { read in
                    read.number > earlier.number && read.number < record.number && !read.request.isWrite
                        && read.sentAt >= settled && read.outcome == .answered
                }
                if !looked, let risk = risks[operation], risk > 0 {
                    risks[operation] = risk - 1
                    doubtful[operation] = nil  // the person has decided, knowing of this doubt
                } else if !looked {
                    violations.add(.blindResend, "request \(record.number) repeats \(earlier.number) for \(operation)")
                }
            }
            if record.outcome.leavesDoubt { doubtful[operation] = record }
        }
        return violations
    }

    /// After a 429 our process does not send the same request again before `Retry-After`.
    ///
    /// A person's write and a new process may send it at once. A clock that is set forward ends each wait. A pull, and
    /// each writer that confirms a start, may request the list by itself.
    private func impatience(in audit: Audit) -> [Violation] {
        var last: [Subject: [Audit.Record]] = [:]
        var violations: [Violation] = []
        for record in audit.records where record.request.isTurn || record.request.name == "list" {
            let subject = Subject(record)
            let recent = last[subject] ?? []
            let tooSoon = recent.filter { before in
                guard let pause = pause(after: before) else { return false }
                return record.sentAt >= before.finishedAt && record.sentAt < before.finishedAt + pause
            }
            if let before = tooSoon.first, tooSoon.count == recent.count,
                record.request.isTurn || recent.count == listers,
                !wakes.contains(where: { isWoken(record, by: $0) }), !isRepetition(record, since: before, in: audit),
                !clockJumps.contains(where: { before.finishedAt <= $0 && $0 <= record.sentAt })
            {
                let early = record.sentAt - before.finishedAt
                violations.add(.impatient, "request \(record.number) comes \(early) after \(before.number)")
            }
            last[subject] = recent.suffix(record.request.isTurn ? 0 : listers - 1) + [record]
        }
        return violations
    }

    /// Whether the request repeats, with another key, one that was refused for its key, and that was under way when another one was told to wait.
    private func isRepetition(_ record: Audit.Record, since before: Audit.Record, in audit: Audit) -> Bool {
        audit.records.contains { earlier in
            guard earlier.number < record.number, earlier.operation == record.operation,
                earlier.finishedAt == record.sentAt, case .failed(.status(401), _, _) = earlier.outcome
            else { return false }
            return earlier.sentAt < before.finishedAt
        }
    }

    /// Where the server asks for a long wait, a daemon's pull does not request the list before it is over.
    ///
    /// Once a start may be lost, the search for it requests the list as well, so only requests before that are judged.
    /// A process that died may have left such a start, so only the first process is judged, and only until a person
    /// adopts the database: then its daemon has ended, and the one that follows it does not know of the wait.
    private func earlyPulls(in audit: Audit) -> [Violation] {
        guard pullsBeside == 0 else { return [] }  // a program's pull goes at once
        let first = audit.records.map(\.sender).filter { $0 >= 0 }.min()
        let adopted = audit.records.first { $0.sender < 0 }?.sentAt ?? .never
        let pulls = audit.records.filter { $0.isPull && $0.sender == first && !runByHand.contains($0.sender) }
        let lost = audit.records.filter { $0.request.makesConversation && $0.outcome.leavesDoubt }.map(\.finishedAt)
            .min()
        var last: Audit.Record?
        var violations: [Violation] = []
        for record in pulls where record.sentAt < min(lost ?? .never, adopted) {
            if let before = last, let asked = RequestCheck.asked(by: before),
                record.sentAt >= before.finishedAt, record.sentAt < before.finishedAt + asked,
                !clockJumps.contains(where: { before.finishedAt <= $0 && $0 <= record.sentAt })
            {
                let early = before.finishedAt + asked - record.sentAt
                violations.add(.impatient, "request \(record.number) asks for the list \(early) early")
            }
            if RequestCheck.asked(by: record) != nil { last = record }
        }
        return violations
    }

    /// The wait that the server asked for, if it is longer than a pull waits by itself.
    static func asked(by record: Audit.Record) -> Duration? {
        guard case .failed(.status(429), _, let asked?) = record.outcome, asked > .seconds(5) else { return nil }
        return asked
    }

    private func isWoken(_ record: Audit.Record, by wake: VirtualInstant) -> Bool {
        wake <= record.sentAt && record.sentAt <= wake + .seconds(15)
    }

    /// A thing that one process requests repeatedly: the list, or a turn in one conversation.
    ///
    /// Reads of one conversation are not judged: they belong to two loops, each with a back-off of its own.
    private struct Subject: Hashable {
        let sender: Int
        let name: String
        let conversation: RemoteID?

        init(_ record: Audit.Record) {
            sender = record.sender
            name = record.request.name
            conversation = record.request.conversation
        }
    }

    private func pause(after record: Audit.Record) -> Duration? {
        guard case .failed(let kind, _, let retryAfter) = record.outcome else { return nil }
        switch kind {
        case .status(429): return max(retryAfter ?? .zero, shortestBackOff)
        default: return nil
        }
    }

    /// The engine does not by itself send a write again that the server refused for good.
    ///
    /// A process that dies as it learns of the refusal may not have stored it; the next one finds the write in doubt.
    private func stubbornness(in audit: Audit) -> [Violation] {
        var refused: [OperationID: Audit.Record] = [:]
        func isKnown(_ refusal: Audit.Record) -> Bool {
            let later = audit.records.filter { $0.sender == refusal.sender && $0.sentAt >= refusal.finishedAt }
            guard case .append(_, let id) = refusal.request, case .failed(.status(404), _, _) = refusal.outcome else {
                return !later.isEmpty
            }
            // The agent may be what is gone: the engine knows only once it has requested the conversation, and has lived on.
            guard let look = later.first(where: { $0.request == .get(id) }) else { return false }
            switch look.outcome {
            case .answered, .failed(.status(404), _, _): return later.contains { $0.sentAt >= look.finishedAt }
            default: return false
            }
        }
        var violations: [Violation] = []
        for record in audit.records where record.request.isTurn {
            guard let operation = record.operation, !retriedByHand.contains(operation) else { continue }
            if let earlier = refused[operation], isKnown(earlier) {
                violations.add(
                    .stubborn, "request \(record.number) repeats the refused \(earlier.number) for \(operation)")
            }
            switch record.outcome {
            case .failed(.status(400), _, _), .failed(.status(403), _, _), .failed(.status(404), _, _),
                .failed(.status(422), _, _), .failed(.notInPlan, _, _):
                refused[operation] = record
            default: break
            }
        }
        return violations
    }

    private func malformed(in audit: Audit) -> [Violation] {
        audit.records.compactMap { record in
            if case .list(_, let pageSize, _) = record.request, pageSize > 100 {
                return Violation(.malformedRequest, "request \(record.number) asks for \(pageSize) conversations")
            }
            return record.request.formRefusal.map {
                Violation(.malformedRequest, "request \(record.number) (\(record.request.name)): \($0.message)")
            }
        }
    }
}

extension Audit.Record {
    /// Whether the request lists conversations for the mirror; a probe of an outage requests a page of one.
    fileprivate var isPull: Bool {
        if case .list(_, let pageSize, _) = request { pageSize > 1 } else { false }
    }
}

extension SimulatedRequest {
    fileprivate var makesConversation: Bool {
        switch self {
        case .start, .restart: true
        default: false
        }
    }
}
