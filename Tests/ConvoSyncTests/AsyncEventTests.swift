import ConvoSync
import Testing

@Suite struct `An event` {
    private let event = AsyncEvent()

    @Test func `that happened before anybody waited ends the wait of each who does not know it`() async {
        let known = event.generation
        event.notify()
        event.notify()
        let first = await event.wait(after: known)
        #expect(await event.wait(after: known) == first)
        #expect(first > known)
    }

    @Test func `ends the wait of all who wait`() async {
        let known = event.generation
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 { group.addTask { [event] in await event.wait(after: known) > known } }
            group.addTask { [event] in
                event.notify()
                return true
            }
            for await hasHappened in group { #expect(hasHappened) }
        }
    }

    @Test func `that does not happen is waited for no longer than the task goes on`() async {
        let known = event.generation
        let task = Task { [event] in await event.wait(after: known) }
        task.cancel()
        #expect(await task.value == known)
    }
}
