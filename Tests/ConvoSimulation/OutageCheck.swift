import ConvoAPI

/// While no request can succeed, our processes make one attempt at the end of each wait, and the waits double.
///
/// The check is independent of the engine's circuit breaker, and sees the requests only: in an outage no request
/// follows the n-th failed attempt in a row for as long as the back-off says, and a request that succeeds ends the
/// outage. Where the server refuses a key, a request with another key is no attempt of the same outage: it inquires
/// whether that key is accepted. What is sent meanwhile is not judged, and an inquiry that is decided ends the outage
/// unless it fails in such a way itself.
struct OutageCheck {
    private struct Outage {
        let failures: Int
        let beganAt: VirtualInstant
        /// When the last failed attempt was sent.
        let lastAttempt: VirtualInstant
        let until: VirtualInstant
        /// The server and key of the last failed attempt.
        let access: Access

        /// Whether the request is an attempt of this outage: one with another key than a refused one is not.
        func isMet(by record: Audit.Record, refused: Set<Access>) -> Bool {
            record.access == access || !refused.contains(access)
        }
    }
    private enum Event { case sent(Audit.Record), finished(Audit.Record) }

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

    private func violations(of records: [Audit.Record]) -> [Violation] {
        var violations: [Violation] = []
        var outage: Outage?
        /// The servers and keys for which a 401 was answered so far.
        var refused: Set<Access> = []
        var trying: Audit.Record?
        /// Requests in flight with another key than the refused one; until they end, no request is judged.
        var inquiries: Set<Int> = []
        /// Requests that were sent while an inquiry was in flight: the engine did not know yet whether there is an outage.
        var unjudged: Set<Int> = []
        /// The request in flight that probes the outage, whether or not a person made it come early.
        var first: Int?
        for event in OutageCheck.events(of: records) {
            switch event {
            case .sent(let record):
                guard let now = outage else { continue }
                guard now.isMet(by: record, refused: refused) else {
                    inquiries.insert(record.number)
                    continue
                }
                guard inquiries.isEmpty else {
                    unjudged.insert(record.number)
                    continue
                }
                if first == nil {
                    first = record.number
                    if record.request.isTurn {
                        violations.append(
                            Violation(.costlyProbe, "request \(record.number) tries an outage with a turn"))
                    }
                }
                if mayHurry(now.lastAttempt, record.sentAt) { continue }
                if record.sentAt < now.until {
                    let early = now.until - record.sentAt
                    violations.append(
                        Violation(.impatient, "request \(record.number) comes \(early) early in an outage"))
                } else if let trying {
                    violations.append(
                        Violation(.impatient, "request \(record.number) goes while \(trying.number) tries"))
                } else {
                    trying = record
                }
            case .finished(let record):
                let isInquiry = inquiries.remove(record.number) != nil
                if trying?.number == record.number { trying = nil }
                if first == record.number { first = nil }
                if record.outcome.isKeyRefused { refused.insert(record.access) }
                guard OutageCheck.isOutage(record) else {
                    let isUndecided = isInquiry && !record.outcome.isDecided
                    if record.outcome != .vanished, !isUndecided { (outage, trying, first) = (nil, nil, nil) }
                    continue
                }
                // A request that was in flight when the outage began is no further attempt.
                let isUnjudged = unjudged.remove(record.number) != nil
                if let outage,
                    isUnjudged || record.sentAt < outage.beganAt || !outage.isMet(by: record, refused: refused)
                {
                    continue
                }
                let failures = (outage?.failures ?? 0) + 1
                outage = Outage(
                    failures: failures, beganAt: outage?.beganAt ?? record.finishedAt,
                    lastAttempt: record.sentAt, until: record.finishedAt + OutageCheck.wait(after: failures),
                    access: record.access)
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

    /// The sending and the end of each request in the order of time; at the same moment, ends come first.
    private static func events(of records: [Audit.Record]) -> [Event] {
        let all = records.flatMap { record in
            [
                (record.finishedAt, 0, record.number, Event.finished(record)),
                (record.sentAt, 1, record.number, .sent(record)),
            ]
        }
        return all.sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.3)
    }
}

extension Audit.Outcome {
    /// Whether an inquiry that ends so has decided something about the key.
    fileprivate var isDecided: Bool {
        switch self {
        case .answered: true
        case .failed(let kind, let effect, _): APIError(kind, effect: effect, message: "").isUntold
        case .vanished: false
        }
    }
    fileprivate var isKeyRefused: Bool {
        if case .failed(.status(401), _, _) = self { true } else { false }
    }
}
