import ConvoModel
import ConvoStore
import ConvoTerminal
import Glibc

extension QueuedWrite {
    /// What a person is told of it.
    var words: String { "\(conversation) \(state.words) as \(operation)" }

    var json: JSONText {
        .object([
            "id": .string(conversation.rawValue), "operation_id": .string(operation.rawValue),
            "state": .string(state.rawValue),
        ])
    }

    /// Prints something of the write, which is there whether or not that works: a failure says so.
    func whilePrinting(_ state: OperationState, _ print: () throws -> Void) throws {
        do {
            try print()
        } catch TerminalDevice.WriteFailure.failed(let code) {
            throw CLIError(
                .diskError, code: "output_failed",
                message: "Can't write the output: \(String(cString: strerror(code))). "
                    + "The write to \(conversation) is \(state.words) as \(operation).",
                hint: "It needs no repeating: see `convo outbox show \(operation)`.")
        }
    }
}
