import ConvoAPI
import ConvoJSON
import ConvoModel
import Expectations
import Testing

@testable import ConvoStore
@testable import ConvoSync

@Suite struct `A pull` {
    /// Answers the steps of a pull from a script of pages, and records the requests for the list.
    private struct Script {
        var pages: [[IngestedPage.Change]]
        var unlisted: [RemoteID] = []
        var gone: Set<RemoteID> = []
        private(set) var requests: [String] = []
        private(set) var marked: [RemoteID] = []

        init(_ pages: [[IngestedPage.Change]], unlisted: [RemoteID] = []) {
            (self.pages, self.unlisted) = (pages, unlisted)
        }

        mutating func run(_ machine: inout PullMachine) throws {
            for _ in 0..<1000 {
                switch machine.next(at: noon) {
                case .done, .wait: return
                case .step(let step): machine.finished(step, answer(step), at: noon)
                }
            }
            Issue.record("the pull does not end")
        }

        private mutating func answer(_ step: PullMachine.Step) -> PullMachine.Outcome {
            switch step {
            case .verify: return .verified
            case .askAPI: return .answered
            case .list(let page, let size):
                requests.append("\(page)/\(size)")
                let items = pages.isEmpty ? [] : pages.removeFirst()
                return .listed(
                    IngestedPage(items: items, ids: items.indices.map { RemoteID("\(size) \(page * size + $0)") }))
            case .findStale: return .stale([])
            case .fetch, .ingest, .setAside: return .failed(.cancelled)  // does not occur: no history is stale
            case .findMirrored: return .mirrored(unlisted)
            case .countDeletions: return .counted(DeletionCensus(mirrored: unlisted.count))
            case .probe(let id):
                requests.append("get \(id)")
                return .probed(isGone: gone.contains(id))
            case .markDeleted(let ids, _):
                marked += ids
                return .markedDeleted
            case .conclude: return .concluded
            }
        }
    }

    private func pages(_ counts: Int..., change: IngestedPage.Change = .unchanged) -> [[IngestedPage.Change]] {
        counts.map { Array(repeating: change, count: $0) }
    }

    private func requests(
        _ scope: PullMachine.Scope, _ pages: [[IngestedPage.Change]], unlisted: [RemoteID] = []
    ) throws -> [String] {
        var machine = PullMachine(scope)
        var script = Script(pages, unlisted: unlisted)
        try script.run(&machine)
        return script.requests
    }

    @Test func `of the first page only, reads one page`() throws {
        #expect(try requests(.firstPage, pages(100)) == ["0/100"])
    }

    @Test func `of the first page only, goes on while nothing known is in sight`() throws {
        #expect(try requests(.firstPage, pages(100, change: .new) + pages(100)) == ["0/100", "1/100"])
    }

    @Test func `of all pages ends with the short one`() throws {
        #expect(try requests(.full, pages(100, 100, 7)) == ["0/100", "1/100", "2/100"])
    }

    @Test func `of a server that gives less than asked reads all there is`() throws {
        #expect(try requests(.full, pages(50, 50) + pages(50, 50, 3)) == ["0/100", "1/100", "0/50", "1/50", "2/50"])
    }

    @Test func `reads the pages again where something unknown came from behind the first`() throws {
        let first = pages(100) + [Array(repeating: .unchanged, count: 6) + [.new]]
        #expect(try requests(.full, first + pages(100, 7)) == ["0/100", "1/100", "0/100", "1/100"])
    }

    /// The most pages in flight at once, and all pages requested, where each page is as it was before.
    private func widest(last: Int, pages count: Int) throws -> (atOnce: Int, requests: [Int]) {
        var machine = PullMachine(.full)
        var (inFlight, requests, widest): ([PullMachine.Step], [Int], Int) = ([], [], 0)
        for _ in 0..<1000 {
            switch machine.next(at: noon) {
            case .done: return (widest, requests)
            case .step(let step):
                inFlight.append(step)
                if case .list(let page, _) = step { requests.append(page) }
                widest = max(widest, inFlight.count { if case .list = $0 { true } else { false } })
            case .wait:
                let step = inFlight.removeLast()  // the last request is answered first
                switch step {
                case .list(let page, let size):
                    let known = CachedPage(
                        place: PageKey(page: page, size: size), count: page + 1 < count ? size : 0,
                        digest: PageDigest(point: 2, value: 0), last: last)
                    machine.finished(
                        step, .listed(page < count ? IngestedPage(same: known) : IngestedPage(items: [])), at: noon)
                case .verify: machine.finished(step, .verified, at: noon)
                case .findStale: machine.finished(step, .stale([]), at: noon)
                case .findMirrored(let pages):
                    #expect(pages == Array(0..<count))
                    machine.finished(step, .mirrored([]), at: noon)
                default: machine.finished(step, .concluded, at: noon)
                }
            }
        }
        Issue.record("the pull does not end")
        return (widest, requests)
    }

    @Test func `asks for a few pages at once while they are as before, and for none twice or behind the last`() throws {
        let known = try widest(last: 9, pages: 10)
        #expect(known.atOnce > 1)
        #expect(known.requests == Array(0..<10))
        let grown = try widest(last: 3, pages: 10)
        #expect(grown.requests == Array(0..<10))
        let shrunk = try widest(last: 30, pages: 3)
        #expect(Array(Set(shrunk.requests)).sorted() == shrunk.requests.sorted())
        #expect(shrunk.requests.count < 3 + 4)
        #expect(try widest(last: 0, pages: 5).atOnce == 1)
    }

    @Test func `asks for each conversation that was not listed`() throws {
        #expect(
            try requests(.full, pages(1), unlisted: [RemoteID("a"), RemoteID("b")]) == [
                "0/100", "1/100", "get a", "get b",
            ])
    }

    private func markedOf(_ gone: Int, of all: Int, accepts: Bool = false) throws -> (marked: Int, report: PullReport) {
        let ids = (0..<all).map { RemoteID("\($0)") }
        var machine = PullMachine(.full, acceptsDeletions: accepts)
        var script = Script(pages(1), unlisted: ids)
        script.gone = Set(ids.suffix(gone))
        try script.run(&machine)
        return (script.marked.count, machine.report)
    }

    @Test func `marks what the server no longer has, unless that is much at once`() throws {
        #expect(try markedOf(10, of: 10).marked == 10)
        #expect(try markedOf(11, of: 200).marked == 11)
        let many = try markedOf(11, of: 100)
        #expect(many.marked == 0)
        #expect(many.report.withheldDeletions >= 11)
        #expect(many.report.halt == nil)
        #expect(try markedOf(100, of: 100, accepts: true).marked == 100)
    }

    @Test func `does not ask about thousands that are gone before it gives up`() throws {
        var machine = PullMachine(.full)
        let ids = (0..<5000).map { RemoteID("\($0)") }
        var script = Script(pages(1), unlisted: ids)
        script.gone = Set(ids)
        try script.run(&machine)
        #expect(script.requests.count < 1000)
        #expect(machine.report.withheldDeletions == 5000)
    }

    @Test func `ends with the page that brings nothing new, where the server does not know pages`() throws {
        var listing = ListPager(scope: .full, limits: SyncLimits())
        let all = (0..<150).map { RemoteID("\($0)") }
        for page in 0..<2 {
            #expect(listing.next() == .list(page: page, size: 100))
            listing.listed(IngestedPage(items: all.map { _ in .unchanged }, ids: all), page: page)
        }
        #expect(listing.isDone)
    }

    @Test func `ends, and says why, where the server asks to wait for long`() throws {
        var pull = Pull(.firstPage)
        try pull.run { step in
            if case .list = step { .failed(.api(.status(429, retryAfter: .seconds(600)))) } else { .verified }
        }
        #expect(pull.machine.report.halt?.asked == .seconds(600))
    }

    /// The outcome of a pull whose fetches of five conversations all end with this failure.
    private func afterFetches(_ failure: SyncFailure) throws -> (fetched: Int, setAside: Int, report: PullReport) {
        var pull = Pull(.firstPage)
        var isAsked = false
        try pull.run { step in
            switch step {
            case .verify: return .verified
            case .askAPI: return .failed(failure)
            case .list: return .listed(IngestedPage(items: [.unchanged], ids: [RemoteID("0")]))
            case .findStale:
                defer { isAsked = true }
                return .stale(isAsked ? [] : (0..<5).map(Pull.stale))
            case .fetch: return .failed(failure)
            case .setAside: return .isSetAside
            default: return .concluded
            }
        }
        let fetched = pull.steps.count { if case .fetch = $0 { true } else { false } }
        let setAside = pull.steps.count { if case .setAside = $0 { true } else { false } }
        return (fetched, setAside, pull.machine.report)
    }

    @Test func `sets aside each history that is too large to be read, and goes on`() throws {
        let seen = try afterFetches(.api(.tooLarge))
        #expect((seen.fetched, seen.setAside) == (5, 5))
        #expect(seen.report.unreadable == 5)
        #expect(seen.report.halt == nil)
    }

    @Test func `ends where one answer after the other is not the API's`() throws {
        let portal = APIError(.notTheAPI(status: 403), effect: .none, message: "a page")
        let seen = try afterFetches(.api(portal))
        #expect(seen.report.halt?.isNotTheAPI == true)
        #expect(seen.setAside == 0)
    }

    @Test func `ends at once where the server cannot be reached, and says why`() throws {
        var machine = PullMachine(.firstPage)
        guard case .step(let step) = machine.next(at: noon) else { throw Unexpected("no step") }
        machine.finished(step, .failed(.api(.unreachable)), at: noon)
        guard case .done = machine.next(at: noon) else { throw Unexpected("goes on") }
        #expect(machine.report.halt != nil)
    }

    @Test func `tries a passing failure again after a wait, and no more than so often`() throws {
        var pull = Pull(.firstPage)
        try pull.run { step in
            switch step {
            case .list: .failed(.api(.status(503)))
            case .verify: .verified
            default: .stale([])
            }
        }
        #expect(pull.steps.count { $0 == .list(page: 0, size: 100) } == SyncLimits().tries)
    }
}
