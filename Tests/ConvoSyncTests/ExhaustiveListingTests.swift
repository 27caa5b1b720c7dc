import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoSync

@Suite struct `A listing that overlooks nothing` {
    private func conversation(_ id: String, secondsBefore: Int? = 0) throws -> Conversation {
        let at = secondsBefore.map { Timestamp(microseconds: noon.microseconds - Int64($0) * 1_000_000).text }
        return try Conversation(
            raw: .object([
                "id": .string(id), "model": .string("m"), "created_at": at.map { .string($0) },
                "updated_at": at.map { .string($0) },
            ]))
    }

    /// Reads pages until the listing ends.
    ///
    /// - Parameters:
    ///   - limits: the engine's limits.
    ///   - rows: the conversations of a page, and how many rows it has besides; made from the page's number and the
    ///     number of the request.
    /// - Returns: the pages that were read, and whether the listing is complete.
    /// - Throws: what `rows` throws.
    private func read(
        limits: SyncLimits = SyncLimits(), _ rows: (_ page: Int, _ request: Int) throws -> (ids: [String], odd: Int)
    ) throws -> (pages: [Int], isComplete: Bool) {
        var listing = ExhaustiveListing(backTo: noon, limits: limits)
        var pages: [Int] = []
        while let page = listing.page, pages.count < 1000 {
            let (ids, odd) = try rows(page, pages.count)
            pages.append(page)
            listing.listed(
                ExhaustiveListing.Page(
                    conversations: try ids.map { try conversation($0) }, count: ids.count + odd))
        }
        return (pages, listing.isComplete)
    }

    @Test func `reads one page once, and several twice`() throws {
        #expect(try read { _, _ in ([], 0) } == ([0], true))
        #expect(try read { page, _ in (page == 0 ? ["a"] : [], 0) } == ([0, 1, 0, 1], true))
        #expect(try read { page, _ in (page < 2 ? ["\(page)"] : [], 0) } == ([0, 1, 2, 0, 1, 2], true))
    }

    @Test func `reads no further back than is needed`() throws {
        func pages(_ times: [Int?]...) throws -> (pages: [Int], isComplete: Bool) {
            var listing = ExhaustiveListing(backTo: noon, limits: SyncLimits())
            var pages: [Int] = []
            while let page = listing.page, pages.count < 20 {
                pages.append(page)
                let rows =
                    try page < times.count
                    ? times[page].enumerated().map { try conversation("\(page) \($0)", secondsBefore: $1) } : []
                listing.listed(ExhaustiveListing.Page(conversations: rows, count: rows.count))
            }
            return (pages, listing.isComplete)
        }
        #expect(try pages([0, 1], [2]) == ([0], true))
        #expect(try pages([0, 0], [1], [2]) == ([0, 1, 0, 1], true))
        #expect(try pages([nil], [0], [1], [2]) == ([0, 1, 2, 0, 1, 2], true), "without a time")
        #expect(try pages([1, nil], [0]) == ([0], true))
        // The last of a page tells nothing of the next where the list is ordered otherwise.
        #expect(try pages([300, 0, 400], [0]) == ([0, 1, 2, 0, 1, 2], true))
        #expect(try pages([50, 0, 400], [0]) == ([0], true), "as far as clocks differ")
    }

    @Test func `reads the pages again until nothing has been deleted between two runs`() throws {
        func answers(_ deletedBefore: Int) throws -> (pages: [Int], isComplete: Bool) {
            try read { page, request in
                let all = request < deletedBefore ? ["a", "b", "c"] : ["b", "c"]
                return (page < all.count ? [all[page]] : [], 0)
            }
        }
        #expect(try answers(1) == ([0, 1, 2, 0, 1, 2, 0, 1, 2], true))
        #expect(try answers(4) == ([0, 1, 2, 3, 0, 1, 2, 0, 1, 2], true))
        // Whatever is made between two runs hides nothing.
        let grown = try read { page, request in
            let all = request < 3 ? ["b", "c"] : ["a", "b", "c"]
            return (page < all.count ? [all[page]] : [], 0)
        }
        #expect(grown == ([0, 1, 2, 0, 1, 2, 3], true))
        let restless = try read { page, request in (page < 2 ? ["\(request)"] : [], 0) }
        #expect(restless == ([0, 1, 2, 0, 1, 2, 0, 1, 2], false))
    }

    @Test func `is not complete where the server returns the same page again`() throws {
        #expect(try read { _, _ in (["a", "b"], 0) } == ([0, 1, 0, 1, 0, 1], false))
        let cycle = try read { page, _ in (["\(page % 2)"], 0) }
        #expect(cycle == ([0, 1, 2, 0, 1, 2, 0, 1, 2], false))
        // The pages shifted by a whole page.
        let shifted = try read { page, request in
            (request == 1 ? ["a"] : page < 2 ? [["a", "b"][page]] : [], 0)
        }
        #expect(shifted == ([0, 1, 0, 1, 2, 0, 1, 2], true))
    }

    @Test func `does not end at pages that cannot be read, unless there are several in a row`() throws {
        let found = try read { page, _ in page < 2 ? ([], 5) : page == 2 ? (["a"], 1) : ([], 0) }
        #expect(found == ([0, 1, 2, 3, 0, 1, 2, 3], true))
        #expect(try read { _, _ in ([], 1) } == ([0, 1, 2, 0, 1, 2, 0, 1, 2], false))
    }

    @Test func `gives up at the largest number of pages`() throws {
        var limits = SyncLimits()
        limits.pages = 2
        #expect(try read(limits: limits) { page, _ in (["\(page)"], 0) } == ([0, 1, 0, 1, 0, 1], false))
        limits.passes = 1
        #expect(try read(limits: limits) { page, _ in (["\(page)"], 0) } == ([0, 1], false))
    }
}
