import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSQLite
import Expectations
import Foundation
import Testing

@testable import ConvoStore
@testable import ConvoSync

/// A pull whose steps the test ends one by one.
struct Pull {
    var machine: PullMachine
    var now = noon
    private(set) var steps: [PullMachine.Step] = []

    init(_ scope: PullMachine.Scope) { machine = PullMachine(scope) }

    /// The steps that begin now.
    mutating func begin() -> [PullMachine.Step] {
        var begun: [PullMachine.Step] = []
        while case .step(let step) = machine.next(at: now) { begun.append(step) }
        steps += begun
        return begun
    }

    mutating func finish(_ step: PullMachine.Step, _ outcome: PullMachine.Outcome) {
        machine.finished(step, outcome, at: now)
    }

    /// Ends the request for the list and the store's queries; `count` conversations are stale then.
    ///
    /// - Returns: the fetches that have begun.
    mutating func fetches(_ count: Int) -> [PullMachine.Step] {
        var fetches: [PullMachine.Step] = []
        while fetches.count < count {
            for step in begin() {
                switch step {
                case .verify: finish(step, .verified)
                case .list(0, _): finish(step, .listed(IngestedPage(items: [.unchanged], ids: [RemoteID("0")])))
                case .list: finish(step, .listed(IngestedPage(items: [])))
                case .findStale: finish(step, .stale((0..<count).map(Pull.stale)))
                case .fetch: fetches.append(step)
                default: Issue.record("\(step)")
                }
            }
        }
        return fetches
    }

    static func stale(_ number: Int) -> StaleConversation {
        StaleConversation(id: LocalID("\(number)"), remoteID: RemoteID("\(number)"), version: "1")
    }

    /// Answers each step until the pull is done.
    mutating func run(_ answer: (PullMachine.Step) throws -> PullMachine.Outcome) throws {
        for _ in 0..<1000 {
            switch machine.next(at: now) {
            case .done: return
            case .wait(let moment): now = try #require(moment)
            case .step(let step):
                steps.append(step)
                finish(step, try answer(step))
            }
        }
        Issue.record("it does not end")
    }
}

@Suite struct `The steps of a pull` {
    private let portal = SyncFailure.api(APIError(.notTheAPI(status: 403), effect: .none, message: "a page"))

    private func history(_ step: PullMachine.Step) throws -> PullMachine.Outcome {
        guard case .fetch(let stale) = step else { throw CancellationError() }
        let entry = JSONText.object(["id": .string("e"), "type": .string("message.input")])
        let raw = JSONText.object(["conversation_id": .string(stale.remoteID.rawValue), "entries": .array([entry])])
        return .fetched(FetchedHistory(try ConversationHistory(raw: raw), version: stale.version))
    }

    @Test func `bring what is new, and the report counts it`() throws {
        var pull = Pull(.firstPage)
        var isAsked = false
        try pull.run { step in
            switch step {
            case .verify: return .verified
            case .list:
                let ids = (0..<3).map { RemoteID("\($0)") }
                return .listed(IngestedPage(items: [.new, .new, .changed], ids: ids))
            case .findStale:
                defer { isAsked = true }
                return .stale(isAsked ? [] : (0..<3).map(Pull.stale))
            case .fetch: return try history(step)
            case .ingest(let histories): return .takenIn(histories.count * 10)
            default: return .concluded
            }
        }
        let report = pull.machine.report
        #expect(report.conversations == 2 && report.histories == 3 && report.entries == 30)
        #expect(report.unreadable == 0 && report.halt == nil && report.failures.isEmpty)
        #expect(pull.steps.last == .conclude(.firstPage) && pull.steps.count { $0 == .conclude(.firstPage) } == 1)
    }

    @Test func `end where the API does not answer at all, after the third answer in a row that is not its`() throws {
        var pull = Pull(.firstPage)
        let fetches = pull.fetches(8)
        func halts(_ answers: [Bool]) throws -> Bool {
            var copy = pull
            for (step, isForeign) in zip(fetches, answers) {
                copy.finish(step, isForeign ? .failed(portal) : try history(step))
            }
            guard copy.begin().last == .askAPI else { return false }
            #expect(copy.machine.report.halt == nil)
            copy.finish(.askAPI, .failed(portal))
            return copy.machine.report.halt?.isNotTheAPI == true
        }
        #expect(try !halts([true, true]))
        #expect(try halts([true, true, true]))
        #expect(try !halts([true, true, false, true, true]))
        #expect(try halts([true, true, false, true, true, true]))
        // An outcome of the store tells nothing about the server.
        pull.finish(fetches[0], try history(fetches[0]))
        for step in fetches[1...2] { pull.finish(step, .failed(portal)) }
        pull.now = noon + .milliseconds(300)
        let stored = try #require(pull.begin().first)
        pull.finish(stored, .takenIn(1))
        pull.finish(fetches[3], .failed(portal))
        #expect(pull.begin() == [.askAPI])
        #expect(pull.begin().isEmpty, "nothing else is asked until the API has answered")
        pull.finish(.askAPI, .failed(.api(APIError(.unreachable, effect: .none, message: "no network"))))
        #expect(pull.machine.report.halt?.endsPass == true, "the later reason says more")
    }

    @Test func `go on where only some conversations are answered by something else`() throws {
        var pull = Pull(.firstPage)
        for step in pull.fetches(8).prefix(7) { pull.finish(step, .failed(portal)) }
        #expect(pull.begin() == [.askAPI])
        pull.finish(.askAPI, .answered)
        let last = try #require(pull.steps.last { if case .fetch = $0 { true } else { false } })
        pull.finish(last, try history(last))
        try pull.run { step in
            switch step {
            case .findStale: .stale([])
            case .ingest: .takenIn(1)
            case .conclude: .concluded
            default: throw Unexpected("\(step)")
            }
        }
        let report = pull.machine.report
        #expect(report.halt == nil && report.histories == 1)
        #expect(report.failures.map(\.conversation) == (0..<7).map { RemoteID("\($0)") })
    }

    @Test func `are tried anew as often in the next run through the pages`() throws {
        var pull = Pull(.full)
        var tries: [Int: Int] = [:]
        var isUnknown = true
        try pull.run { step in
            guard case .list(let page, _) = step else { return step == .verify ? .verified : .concluded }
            tries[page, default: 0] += 1
            if page == 0, tries[0] != 4, tries[0] != 8 { return .failed(.api(.status(503))) }
            defer { if page == 1 { isUnknown = false } }
            let ids = (0..<(page == 0 ? 100 : 1)).map { RemoteID("\(page) \($0)") }
            return .listed(IngestedPage(items: ids.map { _ in page == 1 && isUnknown ? .new : .unchanged }, ids: ids))
        }
        #expect(pull.machine.report.halt == nil)
        #expect(tries == [0: 8, 1: 2])
    }

    @Test func `wait longer for each try, and report what cannot be read`() throws {
        var pull = Pull(.firstPage)
        let fetch = pull.fetches(1)[0]
        var waits: [Int64] = []
        for _ in 0..<4 {
            pull.finish(fetch, .failed(.api(.status(503))))
            guard case .wait(let moment?) = pull.machine.next(at: pull.now) else { break }
            waits.append((moment.microseconds - pull.now.microseconds) / 1_000_000)
            pull.now = moment
            #expect(pull.begin() == [fetch])
        }
        #expect(waits == [1, 2, 4])
        let report = pull.machine.report
        #expect(report.failures.map(\.conversation) == [RemoteID("0")] && report.halt == nil)
        #expect(report.conversations == 0 && report.entries == 0 && report.histories == 0)
        #expect(report.withheldDeletions == 0)
    }

    @Test func `are made again, and counted once, where asking for what is missing fails`() throws {
        var pull = Pull(.full)
        var probes = 0
        try pull.run { step in
            switch step {
            case .verify: return .verified
            case .list: return .listed(IngestedPage(items: []))
            case .findStale: return .stale([])
            case .findMirrored: return .mirrored((0..<2).map { RemoteID("\($0)") })
            case .countDeletions: return .counted(DeletionCensus(mirrored: 5))
            case .probe(let id):
                probes += 1
                return probes == 1 ? .failed(.api(.status(503))) : .probed(isGone: id == RemoteID("0"))
            case .markDeleted: return .markedDeleted
            default: return .concluded
            }
        }
        #expect(probes == 3)
        #expect(pull.steps.suffix(2) == [.markDeleted([RemoteID("0")], isAccepted: false), .conclude(.full)])
    }

    @Test(arguments: [(5000, false), (5001, true)])
    func `wait for what the server asks, up to five seconds`(milliseconds: Int, ends: Bool) {
        var pull = Pull(.firstPage)
        let fetch = pull.fetches(1)[0]
        pull.finish(fetch, .failed(.api(.status(429, retryAfter: .milliseconds(milliseconds)))))
        #expect((pull.machine.report.halt != nil) == ends)
        #expect(pull.machine.report.asked == (ends ? .milliseconds(milliseconds) : nil))
    }

    @Test func `heed the longest wait that the server asks for, whatever ends them`() {
        var pull = Pull(.firstPage)
        let fetches = pull.fetches(4)
        pull.finish(fetches[0], .failed(.api(.unreachable)))
        for (fetch, seconds) in zip(fetches[1...], [60, 600, 30]) {
            pull.finish(fetch, .failed(.api(.status(429, retryAfter: .seconds(seconds)))))
        }
        #expect(pull.machine.report.halt?.asked == nil)
        #expect(pull.machine.report.asked == .seconds(600))
    }

    @Test func `store what has arrived before they end early, and wait for what is coming`() throws {
        var pull = Pull(.firstPage)
        let fetches = pull.fetches(2)
        pull.finish(fetches[0], try history(fetches[0]))
        #expect(pull.begin().isEmpty, "another is under way")
        pull.finish(fetches[1], .failed(.api(.unreachable)))
        let last = pull.begin()
        guard case .ingest(let histories) = last.first else { throw Unexpected("\(last)") }
        #expect(histories.count == 1)
        #expect(pull.machine.report.halt != nil)
    }

    @Test func `look for a conversation whose history is gone, and mark it`() throws {
        var pull = Pull(.firstPage)
        let fetch = pull.fetches(1)[0]
        pull.finish(fetch, .failed(.api(.status(404))))
        try pull.run { step in
            switch step {
            case .countDeletions: .counted(DeletionCensus(mirrored: 5))
            case .probe: .probed(isGone: true)
            case .findStale: .stale([])
            case .markDeleted: .markedDeleted
            default: .concluded
            }
        }
        #expect(pull.steps.contains(.probe(RemoteID("0"))))
        #expect(pull.steps.contains(.markDeleted([RemoteID("0")], isAccepted: false)))
    }

    /// A full pull does not find one conversation in the list while it reads the history of another.
    @Test(arguments: [false, true])
    func `mark nothing while a history is still to be read, also where that is tried again`(isRetried: Bool) throws {
        var pull = Pull(.full)
        let fetch = pull.fetches(1)[0]
        if isRetried { pull.finish(fetch, .failed(.api(.status(503)))) }
        var marked = 0
        func check() {
            for _ in 0..<9 {
                for step in pull.begin() {
                    switch step {
                    case .list: pull.finish(step, .listed(IngestedPage(items: [])))
                    case .findMirrored: pull.finish(step, .mirrored([RemoteID("gone")]))
                    case .countDeletions: pull.finish(step, .counted(DeletionCensus(mirrored: 5)))
                    case .probe: pull.finish(step, .probed(isGone: true))
                    case .markDeleted: marked += 1
                    default: Issue.record("\(step)")
                    }
                }
            }
        }
        check()
        #expect(marked == 0)
        if isRetried {
            pull.now = noon + .seconds(60)
            #expect(pull.begin() == [fetch])
        }
        pull.finish(fetch, .failed(.api(.status(403))))
        check()
        #expect(marked == 1)
    }
}
