import ArgumentParser
import ConvoModel
import ConvoStore
import ConvoTerminal

/// A verb that queues a write, and delivers it where that is asked for.
protocol WritingCommand: Verb {
    var options: WritingOptions { get }
    var common: CommonOptions { get }

    /// Checks what is asked for, and gives the act of queueing it.
    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite)
}

extension WritingCommand {
    /// Where nothing is waited for, the thread that reads the arguments does it all, and no other is started.
    func perform() async throws {
        let (store, queue) = try prepare()
        if options.isWaiting { try await deliver(in: store, queue: queue) } else { try tell(queue()) }
    }

    /// Queues the write, delivers it, and tells the person, or the program, what came of it.
    private func deliver(in store: Store, queue: @escaping @Sendable () throws -> QueuedWrite) async throws {
        let delivery = WriteDelivery(
            store: store, engine: Result { try common.engine(for: store) }, isStreaming: options.stream,
            console: common.console)
        let delivered = try await untilInterrupted { try await delivery.deliver(queue) }
        // The write is durable whatever keeps it from being sent.
        if case .failure = delivered.outcome, common.json { try tell(delivered.receipt) }
        let answer = Delivery(
            item: try delivered.outcome.get(), history: try store.history(of: delivered.receipt.conversation),
            known: delivered.known)
        try delivered.receipt.whilePrinting(answer.item.state) {
            try common.console.print(json: answer.json) { answer.lines($0, isShownAlready: delivered.isShown) }
        }
        if let failure = answer.failure { throw failure }
    }

    /// Tells what was queued.
    private func tell(_ receipt: QueuedWrite) throws {
        try receipt.whilePrinting(receipt.state) {
            try common.console.print(json: receipt.json) { _ in [receipt.words] }
        }
    }
}
