import ConvoIPC
import ConvoPlatform
import ConvoStore
import ConvoSync

/// Tells a chat when any process has changed its conversation.
struct ChatFollower: Sendable {
    /// The shortest time between two reads of the database.
    private static let pauseMicroseconds: UInt32 = 20_000

    private let listener: WakeupChannel.Listener
    private let event = AsyncEvent()

    /// Begins to listen.
    ///
    /// - Parameter store: the open database.
    /// - Throws: ``StoreError`` if the file to watch cannot be made.
    init(_ store: Store) throws(StoreError) { listener = try store.changeListener() }

    /// Calls a closure after each change, one call at a time, until the task is cancelled.
    func run(_ body: @Sendable () async -> Void) async {
        let thread = SystemThread { [listener, event] in
            while !listener.isInterrupted {
                _ = listener.wait()
                event.notify()
                usleep(ChatFollower.pauseMicroseconds)
            }
        }
        guard let thread else { return }
        thread.detach()
        await withTaskCancellationHandler {
            var seen = event.generation
            while !Task.isCancelled {
                await body()
                seen = await event.wait(after: seen)
            }
        } onCancel: {
            listener.interrupt()
        }
    }
}

/// Delivers what a chat has queued while nothing else does: at once, and then again and again, further and further apart.
///
/// It holds the engine's lock for one delivery at a time. Where a daemon serves the database, that delivers.
struct ChatCourier: Sendable {
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(30)

    let store: Store
    let engine: SyncEngine
    /// Notified when there may be something to deliver.
    let event: AsyncEvent

    /// Delivers until the task is cancelled.
    ///
    /// - Parameters:
    ///   - next: the write that has to be delivered; `nil` where none waits.
    ///   - attempted: called after each attempt.
    func run(next: @Sendable () async -> OperationID?, attempted: @Sendable () async -> Void) async {
        var seen = event.generation
        var pause = ChatCourier.firstPause
        while !Task.isCancelled {
            guard let operation = await next() else {
                seen = await event.wait(after: seen)
                pause = ChatCourier.firstPause
                continue
            }
            if store.lockHolder(.daemon) == nil {
                // A failure of the store shows in the chat, which reads the same store.
                let item = try? await engine.deliver(operation)
                await attempted()
                if item?.state == .delivered { continue }
            }
            let known = seen
            seen = await event.wait(after: known, atMost: pause)
            pause = seen > known ? ChatCourier.firstPause : min(pause * 2, ChatCourier.longestPause)
        }
    }
}

extension AsyncEvent {
    /// Waits for a notification, or for a time.
    ///
    /// - Returns: the generation that the caller has seen then.
    fileprivate func wait(after known: Generation, atMost time: Duration) async -> Generation {
        await withTaskGroup(of: Generation.self) { group in
            group.addTask { await self.wait(after: known) }
            group.addTask {
                try? await Task.sleep(for: time)  // cancelled: the wait is over
                return known
            }
            defer { group.cancelAll() }
            return await group.next() ?? known
        }
    }
}
