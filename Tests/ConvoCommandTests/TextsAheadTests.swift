import Synchronization
import Testing

@testable import ConvoCommand

@Suite struct `Texts that are made ahead` {
    private struct Broken: Error {}

    /// The pages 1 to `count`, and then the end or an error; it notes what was read.
    private final class Numbers: Sendable {
        let read = Mutex<[Int]>([])
        private let count: Int
        private let isBroken: Bool

        init(_ count: Int, isBroken: Bool = false) { (self.count, self.isBroken) = (count, isBroken) }

        func page(_ number: Int) throws -> (page: Int, next: Int?) {
            guard number <= count else { throw Broken() }
            read.withLock { $0.append(number) }
            return (number, number < count || isBroken ? number + 1 : nil)
        }
    }

    private func ahead(of numbers: Numbers) -> TextsAhead<Int, Int, String> {
        TextsAhead(from: 1, "", reading: { try numbers.page($0) }, { $1 = "\($0)" })
    }

    @Test(arguments: [1, 2, 3, 1000])
    func `come in the order of their pages, each of which is read once`(count: Int) throws {
        let numbers = Numbers(count)
        var texts = ahead(of: numbers)
        var (text, seen): (String, [String]) = ("", [])
        while try texts.next(&text) { seen.append(text) }
        #expect(seen == (0..<count).map { "\($0 + 1)" })
        #expect(numbers.read.withLock(\.self) == (0..<count).map { $0 + 1 })
    }

    @Test func `are followed by the error of the page that cannot be read`() throws {
        let numbers = Numbers(50, isBroken: true)
        var texts = ahead(of: numbers)
        var text = ""
        for number in 1...50 {
            let hasNext = try texts.next(&text)
            try #require(hasNext)
            try #require(text == "\(number)")
        }
        var error: (any Error)?
        do { _ = try texts.next(&text) } catch let thrown { error = thrown }
        #expect(error is Broken)
    }

    @Test func `are few while the caller is busy, and end where it leaves`() throws {
        let numbers = Numbers(1_000_000)
        func takeOne() throws {
            var texts = ahead(of: numbers)
            var text = ""
            let hasNext = try texts.next(&text)
            try #require(hasNext)
            #expect(text == "1")
        }
        try takeOne()
        #expect(numbers.read.withLock(\.count) <= 4)  // the caller's, two that wait, and one that the thread has
    }
}
