import ArgumentParser
import ConvoModel
import ConvoStore
import ConvoTerminal

/// What happens to a write after it is durable.
struct DeliveryOptions: ParsableArguments {
    @Flag(help: "Deliver it now, wait for the answer and print it.")
    var wait = false

    @Flag(help: "The same, printing the answer as it comes.")
    var stream = false

    /// Whether it is waited for.
    var isAskedFor: Bool { wait || stream }

    /// Queues a write, delivers it, and tells the person, or the program, what came of it.
    func deliver(
        in store: Store, _ common: CommonOptions, queue: @escaping @Sendable () throws -> QueuedWrite
    ) async throws {
        let courier = Courier(
            store: store, engine: Result { try common.engine(for: store) }, isStreaming: stream,
            console: common.console)
        let parcel = try await untilInterrupted { try await courier.deliver(queue) }
        // The write is durable whatever keeps it from being sent.
        if case .failure = parcel.outcome, common.json { try tell(parcel.receipt, common) }
        let answer = Delivery(
            item: try parcel.outcome.get(), history: try store.history(of: parcel.receipt.conversation),
            known: parcel.known)
        try parcel.receipt.whilePrinting(answer.item.state) {
            try common.console.print(json: answer.json) { answer.lines($0, isShownAlready: parcel.isShown) }
        }
        if let failure = answer.failure { throw failure }
    }

    /// Tells what was queued.
    func tell(_ receipt: QueuedWrite, _ common: CommonOptions) throws {
        try receipt.whilePrinting(receipt.state) {
            try common.console.print(json: receipt.json) { _ in [receipt.words] }
        }
    }
}
