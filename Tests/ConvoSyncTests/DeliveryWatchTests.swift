import ConvoAPI
import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoSync

@Suite struct `A delivery that somebody waits for` {
    private let id = OperationID("op_1")
    private let watch = DeliveryWatch()

    /// What the engine tells of one look for the write on the server.
    private func look(isMissing: Bool) {
        watch[id]?.looked(isMissing: isMissing)
        watch[id]?.stayedInDoubt()
    }

    @Test func `counts the looks that did not find it, once their finding is stored`() {
        let delivery = watch.watch(id, isStreamed: false)
        delivery.begin()
        delivery.looked(isMissing: true)
        #expect(delivery.progress.lookups == 0)
        delivery.stayedInDoubt()
        #expect(delivery.progress.lookups == 1)
        look(isMissing: false)
        #expect(delivery.progress.lookups == 1, "a look that has failed shows nothing")
    }

    @Test func `knows nothing of a try that was not looked for, whatever was found before it`() {
        let delivery = watch.watch(id, isStreamed: false)
        delivery.begin()
        look(isMissing: true)
        // The second look proves that it did not arrive, so that it is sent again.
        delivery.looked(isMissing: true)
        delivery.moved()
        delivery.begin()
        delivery.stayedInDoubt()
        #expect(delivery.progress.lookups == 0)
        #expect(delivery.events(after: 0).sends == 2)
    }

    @Test func `gives each event of the stream once`() throws {
        let delivery = watch.watch(id, isStreamed: true)
        delivery.begin()
        delivery.note(
            try ConversationEvent(raw: .object([("type", .string("message.output.delta")), ("content", .string("x"))])))
        #expect(delivery.events(after: 0).events.count == 1)
        #expect(delivery.events(after: 1).events.isEmpty)
    }

    @Test func `is forgotten with the last who waits`() {
        _ = watch.watch(id, isStreamed: false)
        _ = watch.watch(id, isStreamed: true)
        watch.unwatch(id)
        #expect(watch[id]?.isStreamed == false)
        watch.unwatch(id)
        #expect(watch[id] == nil && watch.count == 0)
    }
}
