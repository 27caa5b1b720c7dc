import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

/// A chat with a program, or with a file: each line is a message, and standard output has the answers and nothing else.
struct PipedChat: Sendable {
    let store: Store
    let engine: Result<SyncEngine, any Error>
    let console: Console

    /// Reads messages and prints their answers, to the end of standard input.
    ///
    /// A message that cannot be sent now stays queued, and so do those that follow it.
    ///
    /// - Throws: what is wrong with the input; the first reason why a message was not delivered, when all are queued, or at
    ///   once where no further message can be.
    func run(_ target: ChatTarget) async throws {
        let reader = try LineReader.open(isInteractive: false)
        var (target, assembly, answers): (ChatTarget, MessageAssembly, [JSONText]) = (target, MessageAssembly(), [])
        var failure: CLIError?
        messages: while let message = try await nextMessage(reader, &assembly) {
            guard let write = ChatPurpose.message.write(message, to: target) else { continue }
            let delivered = try await deliver(write)
            target = .conversation(delivered.receipt.conversation)
            switch delivered.outcome {
            case .failure(let error): failure = try failure ?? CLIError.describing(error)
            case .success(let item):
                let answer = Delivery(
                    item: item, history: try store.history(of: delivered.receipt.conversation), known: delivered.known)
                answers.append(answer.json)
                if !console.asJSON { try print(answer, of: delivered) }
                failure = failure ?? answer.failure
                if item.state == .refused || item.state == .held { break messages }
            }
        }
        if console.asJSON { try console.print(json: .array(answers)) { _ in [] } }
        if let failure { throw failure }
    }

    private func print(_ answer: Delivery, of delivered: WriteDelivery.DeliveredWrite) throws {
        try delivered.receipt.whilePrinting(answer.item.state) {
            try console.print(json: answer.json) { answer.lines($0, isShownAlready: delivered.isShown) }
        }
    }

    /// The next message that is not empty; `nil` at the end.
    private func nextMessage(_ reader: LineReader, _ assembly: inout MessageAssembly) async throws -> String? {
        while true {
            switch await reader.read(LinePrompt("")) {
            case .line(let line):
                if let message = assembly.take(line), !message.trimmed.isEmpty { return message }
            case .ended: return assembly.end().flatMap { $0.trimmed.isEmpty ? nil : $0 }
            case .unreadable(let reason): throw CLIError(.badData, code: "unreadable_line", message: reason)
            case .interrupted, .recalled: continue
            }
        }
    }

    private func deliver(_ write: ChatWrite) async throws -> WriteDelivery.DeliveredWrite {
        let delivery = WriteDelivery(
            store: store, engine: engine, isStreaming: !console.asJSON, console: console, isAnnounced: false)
        return try await untilInterrupted { [store] in try await delivery.deliver { try write.queue(in: store) } }
    }
}

extension CLIError {
    /// Describes an error of any layer.
    ///
    /// - Throws: the error itself where no layer of the package throws it.
    fileprivate static func describing(_ error: any Error) throws -> CLIError {
        guard let failure = CLIError(error) else { throw error }
        return failure
    }
}
