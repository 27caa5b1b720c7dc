import ArgumentParser
import ConvoModel
import ConvoStore

/// What happens to a write after it is durable.
struct DeliveryOptions: ParsableArguments {
    /// Tells the person, or the program, what was queued.
    func finish(_ receipt: QueuedWrite, in store: Store, _ common: CommonOptions) async throws {
        try common.console.print(json: receipt.json) { _ in
            ["\(receipt.conversation) \(receipt.state.words) as \(receipt.operation)"]
        }
    }
}

extension QueuedWrite {
    var json: JSONText {
        .object([
            "id": .string(conversation.rawValue), "operation_id": .string(operation.rawValue),
            "state": .string(state.rawValue),
        ])
    }
}
