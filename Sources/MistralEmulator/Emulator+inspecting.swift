package import ConvoJSON
package import ConvoModel

/// The stored state, for a simulation that judges a client by it, and that does what other writers do.
extension Emulator {
    /// A stored conversation; `nil` if there is none.
    package func stored(_ id: RemoteID) -> EmulatedConversation? { table[id] }

    /// All stored conversations in the list's order.
    package var newestFirst: [EmulatedConversation] { table.all.reversed() }

    /// Whether a run is under way in a conversation.
    package func isRunning(_ id: RemoteID) -> Bool { isBusy(id) }

    /// The input entries of a run, as they will be stored.
    package func inputs(of run: Run) -> [JSONText] { run.draft.inputs }

    /// Changes the entries of a run's outputs before they are stored.
    package mutating func changeOutputs(of run: Run, _ change: (JSONText) -> JSONText) {
        guard let outputs = runs[run.number]?.outputs else { return }
        runs[run.number]?.outputs = outputs.map(change)
    }

    /// The refusal that a request gets for its form, whatever is stored; `nil` for a good form.
    package static func formRefusal(of request: Request) -> Refusal? {
        let switches = Switches()
        func issue(_ body: JSONText, _ operation: Operation) -> Refusal? {
            do { try RequestRules(operation: operation, switches: switches).check(body) } catch { return error }
            return nil
        }
        switch request {
        case .list(let page, let pageSize, let metadata):
            guard page >= 0, pageSize >= 1 else { return .invalid("page or page_size out of range") }
            return metadata.map { $0.kind == .object } ?? true ? nil : .invalid("metadata is not an object")
        case .start(let body): return issue(body, .start)
        case .append(let body, _): return issue(body, .append)
        case .restart(let body, _): return issue(body, .restart)
        default: return nil
        }
    }
}

extension Change {
    /// Puts a conversation in the place of the one with its id.
    package static func replacement(_ conversation: EmulatedConversation) -> Change { Change(.put(conversation)) }
}

extension Refusal {
    /// The `code` in the body, as text; `nil` if the body has none.
    package var code: String? {
        switch body {
        case .business(_, let code): String(code)
        case .validation: String(ErrorBody.validationCode)
        case .gateway(_, _, let code, _): code
        case .detail, .router, .plainText, .html: nil
        }
    }

    /// The body's message, or the whole body.
    package var message: String {
        switch body {
        case .detail(let text), .router(let text), .business(let text, _), .gateway(let text, _, _, _): text
        case .validation, .plainText, .html: body.text(requestID: "")
        }
    }
}
