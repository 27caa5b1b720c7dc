import ConvoAPI

/// While nothing can work, one attempt at the end of each wait, and the waits double.
///
/// A reference of its own, by the requests alone: in an outage the n-th attempt in a row that fails is followed by
/// nothing for as long as the back-off says; one that succeeds ends it. Where the server refuses a key, a request with another
/// key is no attempt of the same outage, and its answer ends it.
struct OutageCheck {
    private struct Outage {
        let failures: Int
        let beganAt: VirtualInstant
        /// When the attempt was made that failed last.
        let lastAttempt: VirtualInstant
        let until: VirtualInstant
        /// With what the attempt was made.
        let access: Access

        /// A request with another key than one that was refused finds out something else.
        func isMet(by record: Audit.Record, refused: Set<Access>) -> Bool {
            record.access == access || !refused.contains(access)
        }
    }
    private enum Event { case sent(Audit.Record), finished(Audit.Record) }

    /// Processes that a person runs: they try whatever the daemon knows.
    let exempt: Set<Int>
    /// What lets an attempt come early: a person's write, or a clock that was set.
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
        /// What the server has refused so far.
        var refused: Set<Access> = []
        var trying: Audit.Record?
        /// Requests under way with another key than the one that was refused: until they end, nothing is known.
        var inquiries: Set<Int> = []
        /// What tries, though a person made it come early.
        var first: Int?
        for event in OutageCheck.events(of: records) {
            switch event {
            case .sent(let record):
                guard let now = outage else { continue }
                guard now.isMet(by: record, refused: refused) else {
                    inquiries.insert(record.number)
                    continue
                }
                guard inquiries.isEmpty else { continue }
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
                inquiries.remove(record.number)
                if trying?.number == record.number { trying = nil }
                if first == record.number { first = nil }
                if record.outcome.isKeyRefused { refused.insert(record.access) }
                guard OutageCheck.isOutage(record) else {
                    if record.outcome != .vanished { outage = nil }
                    continue
                }
                // What was under way when it began is no further attempt.
                if let outage, record.sentAt < outage.beganAt || !outage.isMet(by: record, refused: refused) {
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

    /// As the design says it: from one second, doubling, to a minute.
    private static func wait(after failures: Int) -> Duration { .seconds(min(60, 1 << min(failures - 1, 6))) }

    /// The server cannot be reached, refuses the key, or something else answers in its place when the list is asked for.
    private static func isOutage(_ record: Audit.Record) -> Bool {
        switch record.outcome {
        case .failed(.unreachable, _, _), .failed(.status(401), _, _): true
        case .failed(.notTheAPI, _, _), .failed(.noRoute, _, _): record.request.name == "list"
        default: false
        }
    }

    /// In the order of time; of what happens at once, an end comes before a beginning.
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
    fileprivate var isKeyRefused: Bool {
        if case .failed(.status(401), _, _) = self { true } else { false }
    }
}
