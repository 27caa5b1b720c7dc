import ArgumentParser
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal
import ConvoWiring

/// What happens to a write after it is durable.
struct DeliveryOptions: ParsableArguments {
    @Flag(help: "Deliver it now, wait for the answer and print it.")
    var wait = false

    @Flag(help: "The same, printing the answer as it comes.")
    var stream = false

    /// Tells the person, or the program, what was queued, or what came of it.
    func finish(_ receipt: QueuedWrite, in store: Store, _ common: CommonOptions) async throws {
        guard wait || stream else { return try tell(receipt, common) }
        if !common.json { try common.console.note(receipt.words) }
        let known = Set(try store.history(of: receipt.conversation).entries.compactMap(\.entry.id))
        let item: OutboxItem
        let isShown: Bool
        do {
            (item, isShown) = try await deliver(receipt, in: store, common)
        } catch {
            // The write is durable whatever keeps it from being sent.
            if common.json { try tell(receipt, common) }
            throw error
        }
        let answer = Delivery(item: item, history: try store.history(of: receipt.conversation), known: known)
        try common.console.print(json: answer.json) { answer.lines($0, isShownAlready: isShown) }
        if let failure = answer.failure { throw failure }
    }

    private func tell(_ receipt: QueuedWrite, _ common: CommonOptions) throws {
        try common.console.print(json: receipt.json) { _ in [receipt.words] }
    }

    /// - Returns: where the write stands then, and whether its answer was printed while it came.
    private func deliver(
        _ receipt: QueuedWrite, in store: Store, _ common: CommonOptions
    ) async throws -> (OutboxItem, isShown: Bool) {
        let engine = try common.engine(for: store)
        let typist = stream && !common.json ? Typist(style: common.console.style) : nil
        let item = try await untilInterrupted {
            try await engine.deliver(
                receipt.operation,
                streaming: stream
                    ? Streaming(receipt.operation) { event in await typist?.show(event) } : nil)
        }
        return (item, await typist?.end() ?? false)
    }
}

extension QueuedWrite {
    /// What a person is told of it.
    var words: String { "\(conversation) \(state.words) as \(operation)" }

    var json: JSONText {
        .object([
            "id": .string(conversation.rawValue), "operation_id": .string(operation.rawValue),
            "state": .string(state.rawValue),
        ])
    }
}
