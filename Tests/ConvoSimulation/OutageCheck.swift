import ConvoAPI

/// While no request can succeed, our processes make one attempt at the end of each wait, and the waits double.
///
/// The check is independent of the engine's circuit breaker, and sees the requests only: in an outage no request
/// follows the n-th failed attempt in a row for as long as the back-off says, and a request that succeeds ends the
/// outage. Once the server has refused a key, the engine may inquire whose another key is, and the outage begins for it
/// when that has failed. The check cannot tell that moment from the requests, so it judges no outage in which the engine
/// has inquired.
struct OutageCheck {
    private struct Outage {
        let failures: Int
        let beganAt: VirtualInstant
        /// When the last failed attempt was sent.
        let lastAttempt: VirtualInstant
        /// When the last failed attempt ended.
        let lastEnd: VirtualInstant

        var until: VirtualInstant { lastEnd + OutageCheck.wait(after: failures) }
    }
    private enum Event { case sent(Audit.Record), finished(Audit.Record) }

    /// The server and key that a process uses, as its requests show.
    private struct Keys {
        /// The requests for the list that belong to the question whose a key is.
        let questions: Set<Int>
        /// The one for which the server answered 401 last, unless an inquiry was answered so.
        private var refused: Access?
        /// Those with which a request was answered, until one is refused.
        private var accepted: Set<Access> = []
        /// The one that took the place of a refused one last, and since when.
        private var successor: (access: Access, since: VirtualInstant)?

        init(questions: Set<Int>) { self.questions = questions }

        /// Whether the request inquires about a key in place of the refused one.
        ///
        /// The engine asks whose a key is even if the server has taken that key before.
        func isInquiry(_ record: Audit.Record) -> Bool {
            guard let refused, record.access != refused else { return false }
            return record.request.name == "whoAmI" || questions.contains(record.number)
                || record.request.name == "get" && !accepted.contains(record.access)
        }

        /// Whether the request had a key that another one has replaced since, so that its 401 is no news.
        func isOutdated(_ record: Audit.Record) -> Bool {
            guard let successor else { return false }
            return record.access != successor.access && record.sentAt <= successor.since
        }

        /// - Returns: whether the request shows that its key has taken the place of the refused one.
        mutating func sent(_ record: Audit.Record) -> Bool {
            guard let refused, record.access != refused, !isInquiry(record) else { return false }
            return accept(record.access, at: record.sentAt)
        }

        /// - Returns: whether the answer shows that its key has taken the place of the refused one.
        mutating func finished(_ record: Audit.Record, isInquiry: Bool) -> Bool {
            switch record.outcome {
            // The server takes that key; whose it is, a `get` tells.
            case .answered where isInquiry && questions.contains(record.number): return false
            case .answered: return accept(record.access, at: record.finishedAt)
            case .failed(.status(401), _, _):
                accepted.remove(record.access)
                if !isInquiry { refused = record.access }
            default: break
            }
            return false
        }

        private mutating func accept(_ access: Access, at instant: VirtualInstant) -> Bool {
            accepted.insert(access)
            guard let refused else { return false }
            if refused != access { successor = (access, instant) }
            self.refused = nil
            return true
        }
    }

    /// The processes that a person runs; they try at once, whatever the daemon knows.
    let exempt: Set<Int>
    /// Whether something between the two moments lets an attempt come early: a person's write, or a clock that was set.
    let mayHurry: (_ from: VirtualInstant, _ to: VirtualInstant) -> Bool

    func violations(in audit: Audit) -> [Violation] {
        var violations: [Violation] = []
        for sender in Set(audit.records.map(\.sender)).subtracting(exempt).sorted() {
            violations += self.violations(of: audit.records.filter { $0.sender == sender })
        }
        return violations
    }

    private func violations(of all: [Audit.Record]) -> [Violation] {
        let (records, questions) = OutageCheck.joined(all)
        var violations: [Violation] = []
        var outage: Outage?
        var keys = Keys(questions: questions)
        var trying: Audit.Record?
        /// Inquiries in flight; until they end, the process does not know whether there is an outage.
        var inquiries: Set<Int> = []
        /// Whether the process has inquired, and no request but an inquiry has been answered since.
        var hasInquired = false
        /// The request in flight that probes the outage, whether or not a person made it come early.
        var first: Int?
        for event in OutageCheck.events(of: records) {
            switch event {
            case .sent(let record):
                if keys.isInquiry(record) {
                    inquiries.insert(record.number)
                    hasInquired = true
                    continue
                }
                if keys.sent(record) { (outage, trying, first) = (nil, nil, nil) }
                guard let now = outage, !hasInquired else { continue }
                if first == nil {
                    first = record.number
                    if record.request.isTurn {
                        violations.add(.costlyProbe, "request \(record.number) tries an outage with a turn")
                    }
                }
                // What goes at the moment at which the first failure comes need not know of it yet.
                if now.failures == 1, record.sentAt == now.beganAt { continue }
                if mayHurry(now.lastAttempt, record.sentAt) { continue }
                if record.sentAt < now.until {
                    let early = now.until - record.sentAt
                    violations.add(.impatient, "request \(record.number) comes \(early) early in an outage")
                } else if let trying {
                    violations.add(.impatient, "request \(record.number) goes while \(trying.number) tries")
                } else {
                    trying = record
                }
            case .finished(let record):
                let isInquiry = inquiries.remove(record.number) != nil
                if trying?.number == record.number { trying = nil }
                if first == record.number { first = nil }
                if record.outcome.isKeyRefused, keys.isOutdated(record) { continue }
                let isAccepted = keys.finished(record, isInquiry: isInquiry)
                guard !isInquiry || isAccepted else { continue }
                guard OutageCheck.isOutage(record) else {
                    // Attempts of an outage that is over say nothing about the next one.
                    if record.outcome != .vanished {
                        (outage, trying, first) = (nil, nil, nil)
                        hasInquired = isInquiry || !inquiries.isEmpty
                    }
                    continue
                }
                // A request that was in flight when the outage began is no further attempt.
                if let outage, record.sentAt < outage.beganAt { continue }
                let failures = (outage?.failures ?? 0) + 1
                outage = Outage(
                    failures: failures, beganAt: outage?.beganAt ?? record.finishedAt,
                    lastAttempt: record.sentAt, lastEnd: record.finishedAt)
            }
        }
        return violations
    }

    /// The back-off of DESIGN.md: one second, doubled by each further failure, up to a minute.
    private static func wait(after failures: Int) -> Duration { .seconds(min(60, 1 << min(failures - 1, 6))) }

    /// Whether no connection was made, the key was refused, or something other than the API answered for the list.
    private static func isOutage(_ record: Audit.Record) -> Bool {
        switch record.outcome {
        case .failed(.unreachable, _, _), .failed(.status(401), _, _): true
        case .failed(.notTheAPI, _, _), .failed(.noRoute, _, _): record.request.name == "list"
        default: false
        }
    }

    /// The requests, where the question whose a key is and the request for the list that follows it, if the server does not tell, are one:
    /// sent when the first was sent, and answered with the second.
    ///
    /// - Returns: the requests, and the numbers of those that were joined.
    private static func joined(_ records: [Audit.Record]) -> (records: [Audit.Record], questions: Set<Int>) {
        var lists = records.filter { $0.request == .list(page: 0, pageSize: 1, metadata: nil) }
        var (questions, begun): (Set<Int>, [Int: VirtualInstant]) = ([], [:])
        for record in records where record.request.name == "whoAmI" {
            guard case .failed(let kind, let effect, _) = record.outcome,
                APIError(kind, effect: effect, message: "").isUntold,
                let next = lists.firstIndex(where: { $0.sentAt == record.finishedAt && $0.access == record.access })
            else { continue }
            questions.insert(record.number)
            begun[lists.remove(at: next).number] = record.sentAt
        }
        let rest = records.filter { !questions.contains($0.number) }.map { record in
            var record = record
            if let moment = begun[record.number] { record.sentAt = moment }
            return record
        }
        return (rest, Set(begun.keys))
    }

    /// The sending and the end of each request in the order of time.
    ///
    /// At the same moment, answers come first, and last the requests that nobody waits for any more: until then the
    /// process did not know what becomes of them.
    private static func events(of records: [Audit.Record]) -> [Event] {
        let all = records.flatMap { record in
            [
                (record.finishedAt, record.outcome == .vanished ? 2 : 0, record.number, Event.finished(record)),
                (record.sentAt, 1, record.number, .sent(record)),
            ]
        }
        return all.sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.3)
    }
}

extension Audit.Outcome {
    fileprivate var isKeyRefused: Bool {
        if case .failed(.status(401), _, _) = self { true } else { false }
    }
}
