import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `Conversations that a pull did not meet` {
    private func ids(_ numbers: Range<Int>) -> [RemoteID] { numbers.map { RemoteID("\($0)") } }

    private func check(
        _ missing: Int, of mirrored: Int = 0, marked: Int = 0, acceptsAll: Bool = false, atOnce: Int = 2
    ) -> DeletionCheck {
        var check = DeletionCheck(acceptsAll: acceptsAll, probesAtOnce: atOnce)
        check.add(ids(0..<missing))
        #expect(check.next(isMoreComing: true) == .count)
        #expect(!check.isIdle)
        #expect(check.next(isMoreComing: true) == nil, "it is being counted")
        check.counted(DeletionCensus(mirrored: mirrored, recentlyMarked: marked))
        check.finished()
        return check
    }

    private func probes(_ check: inout DeletionCheck) -> [String] {
        var probes: [String] = []
        while case .probe(let id) = check.next(isMoreComing: false) { probes.append(id.rawValue) }
        return probes
    }

    /// Asks about all conversations, one after the other; those of `gone` are gone.
    private func conclusion(_ check: DeletionCheck, gone: Range<Int>) -> (marked: [RemoteID], withheld: Int) {
        var check = check
        var marked: [RemoteID] = []
        while let step = check.next(isMoreComing: false) {
            switch step {
            case .count:
                check.counted(DeletionCensus(mirrored: 0))
                check.finished()
            case .probe(let id):
                check.probed(id, isGone: gone.contains { "\($0)" == id.rawValue })
                check.finished()
            case .mark(let ids):
                marked += ids
                check.finished()
            }
        }
        #expect(check.isIdle)
        return (marked, check.withheld)
    }

    @Test func `are marked without asking a person where a person has deleted them from here`() {
        for others in [0, 11] {
            var check = check(40 + others, of: 60)
            var marked: [RemoteID] = []
            while let step = check.next(isMoreComing: false) {
                switch step {
                case .count: check.counted(DeletionCensus(mirrored: 60))
                case .probe(let id):
                    check.probed(id, isGone: true, isExpected: Int(id.rawValue).map { $0 < 40 } ?? false)
                case .mark(let ids): marked += ids
                }
                check.finished()
            }
            #expect(marked == ids(0..<40) && check.isIdle)
            #expect(check.withheld == others, "the others wait for a person")
        }
    }

    @Test func `are asked about in their order, a few at once`() {
        var check = check(5)
        #expect(check.isIdle)
        #expect(probes(&check) == ["0", "1"])
        #expect(!check.isIdle)
        check.finished()
        #expect(probes(&check) == ["2"])
        check.finished()
        check.finished()
        #expect(check.isIdle)
        #expect(probes(&check) == ["3", "4"])
    }

    @Test func `are marked once all have been asked about, those that are gone, and once`() {
        var check = check(3, of: 100)
        #expect(probes(&check) == ["0", "1"])
        check.probed(RemoteID("0"), isGone: true)
        check.finished()
        #expect(probes(&check) == ["2"])
        check.probed(RemoteID("1"), isGone: false)
        check.finished()
        #expect(check.next(isMoreComing: false) == nil, "one is under way")
        check.probed(RemoteID("2"), isGone: true)
        check.finished()
        #expect(check.next(isMoreComing: false) == .mark([RemoteID("0"), RemoteID("2")]))
        #expect(!check.isIdle)
        #expect(check.next(isMoreComing: false) == nil)
        check.finished()
        #expect(check.isIdle && check.next(isMoreComing: false) == nil)
        #expect(check.withheld == 0)
    }

    @Test func `are not marked while one waits to be asked about again`() {
        var check = check(2, of: 100)
        #expect(probes(&check) == ["0", "1"])
        check.probed(RemoteID("0"), isGone: true)
        check.finished()
        check.finished()  // the other request has failed,
        check.postponed()  // and is sent again later
        #expect(check.next(isMoreComing: false) == nil)
        #expect(check.isIdle)
        check.resumed()
        #expect(!check.isIdle)
        #expect(check.next(isMoreComing: false) == nil)
        check.probed(RemoteID("1"), isGone: true)
        check.finished()
        #expect(check.next(isMoreComing: false) == .mark([RemoteID("0"), RemoteID("1")]))
    }

    @Test(arguments: [
        (10, 10, true), (11, 110, true), (11, 109, false), (10, 0, true), (11, 0, false), (20, 200, true),
        (21, 200, false),
    ])
    func `are marked up to ten, or a tenth of all`(gone: Int, all: Int, isMarked: Bool) {
        let conclusion = conclusion(check(gone, of: all), gone: 0..<gone)
        #expect(conclusion.marked.count == (isMarked ? gone : 0))
        #expect((conclusion.withheld > 0) == !isMarked)
        #expect(self.conclusion(check(gone, of: all, acceptsAll: true), gone: 0..<gone).marked.count == gone)
    }

    @Test func `are all that would have been marked, where nothing is`() {
        #expect(conclusion(check(50, of: 60), gone: 0..<50).withheld == 50)
        #expect(conclusion(check(50, of: 60), gone: 0..<5).marked == ids(0..<5))
    }

    @Test func `are weighed together with those that were marked lately`() {
        #expect(conclusion(check(2, of: 50, marked: 8), gone: 0..<2).marked.count == 2)
        #expect(conclusion(check(2, of: 50, marked: 9), gone: 0..<2).withheld == 2)
        #expect(conclusion(check(2, of: 101, marked: 9), gone: 0..<2).marked.count == 2)
        #expect(conclusion(check(3, of: 50, marked: 30), gone: 0..<0).withheld == 0, "none of them is gone")
    }

    @Test func `are marked once no other may turn out to be missing`() {
        var check = check(1, of: 100)
        #expect(probes(&check) == ["0"])
        check.probed(RemoteID("0"), isGone: true)
        check.finished()
        #expect(check.next(isMoreComing: true) == nil)
        #expect(check.next(isMoreComing: false) == .mark([RemoteID("0")]))
        check.finished()
        check.add([RemoteID("late")])
        #expect(check.next(isMoreComing: false) == .count, "it is weighed with the first one")
    }

    @Test func `may come in parts`() {
        var check = check(11, of: 200)
        check.add([RemoteID("late")])
        #expect(conclusion(check, gone: 0..<11).marked.count == 11)
        var none = DeletionCheck(acceptsAll: false, probesAtOnce: 2)
        none.add([])
        #expect(none.next(isMoreComing: false) == nil)
    }
}
