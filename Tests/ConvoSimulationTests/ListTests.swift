import ConvoJSON
import ConvoModel
import ConvoSimulation
import MistralEmulator
import Testing

@Suite struct `The simulated list` {
    private let client = DirectClient()

    @Test func `comes newest first by creation, whatever was appended since`() {
        let ids = (0..<3).map { _ in client.start() }
        client.append("more", to: ids[0])
        #expect(client.list() == ids.reversed())
    }

    @Test func `shifts by one when a conversation is made between two pages`() {
        let ids = (0..<4).map { _ in client.start() }
        let first = client.list(page: 0, pageSize: 2)
        client.start()
        #expect(first == [ids[3], ids[2]])
        #expect(client.list(page: 1, pageSize: 2) == [ids[2], ids[1]])
    }

    @Test func `skips one when a conversation is deleted between two pages`() {
        let ids = (0..<4).map { _ in client.start() }
        _ = client.list(page: 0, pageSize: 2)
        client.ask(.delete(ids[3]))
        #expect(client.list(page: 1, pageSize: 2) == [ids[0]])
    }

    @Test func `gives shorter pages than asked where the server has a limit, and skips none`() {
        let client = DirectClient { $0.pageSizeLimit = 3 }
        let ids = (0..<5).map { _ in client.start() }
        let pages = (0..<3).map { client.list(page: $0, pageSize: 100) }
        #expect(pages.map(\.count) == [3, 2, 0])
        #expect(pages.flatMap(\.self) == ids.reversed())
    }

    @Test(arguments: [(-1, 10), (0, 0)])
    func `refuses a page or size out of range`(page: Int, pageSize: Int) {
        #expect(client.ask(.list(page: page, pageSize: pageSize, metadata: nil)).status == 422)
    }

    @Test func `is filtered by metadata as the switch says`() {
        let wanted = JSONText.object(["op": .string("1")])
        func found(_ filter: ServerSwitches.MetadataFilter) -> (count: Int, all: Bool) {
            let client = DirectClient { $0.metadataFilter = filter }
            let matching = (0..<4).map { _ in client.start(metadata: wanted) }
            client.start()
            let list = client.list(metadata: wanted)
            return (list.count, Set(list).isSuperset(of: matching))
        }
        #expect(found(.works) == (4, true))
        #expect(found(.ignored) == (5, true))
        #expect(found(.missesSome) == (2, false))
    }

    @Test func `refuses a metadata filter that is no object, as the official client's sentinel is none`() {
        #expect(client.ask(.list(page: 0, pageSize: 10, metadata: .string("~?~unset~?~sentinel~?~"))).status == 422)
    }

    @Test func `can hold two conversations of the same creation time, in a fixed order`() {
        let client = DirectClient(others: [.init(at: .start + .seconds(1), .startTwins(text: "hi"))])
        client.pass(.seconds(60))
        let times = client.server.conversations.map(\.createdAt)
        #expect(times.count == 2)
        #expect(Set(times).count == 1)
        let (first, second) = (client.list(), client.list())
        #expect(first == second)
    }
}
