import ArgumentParser
import ConvoStore

/// A verb that queues a write, and delivers it where that is asked for.
protocol WritingCommand: AsyncParsableCommand {
    var delivery: DeliveryOptions { get }
    var common: CommonOptions { get }

    /// Checks what is asked for, and gives the act of queueing it.
    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite)
}

extension WritingCommand {
    /// Queues it. Nothing is waited for: the thread that reads the arguments does it all, and no other is started.
    func queue() throws {
        let (_, queue) = try prepare()
        try delivery.tell(try queue(), common)
    }

    func run() async throws {
        let (store, queue) = try prepare()
        try await delivery.deliver(in: store, common, queue: queue)
    }
}
