import ConvoModel
import ConvoServer

/// What is wrong with a request's inputs in the light of the function calls: each call wants one result.
enum CallFault: Hashable, Sendable {
    /// Something is said before these calls have their results.
    case resultsMissing([String])
    case unequalNumber
    case unexpectedCall(String)

    static func found(in inputs: [JSONText], after history: [JSONText], _ switches: Switches) -> CallFault? {
        let entries = history + inputs
        let calls = entries.filter(\.isCallForClient).compactMap { $0["tool_call_id"]?.string }
        let results = entries.filter(\.isResult).compactMap { $0["tool_call_id"]?.string }
        if switches.unexpectedCallID == .refuse {
            let given = inputs.filter(\.isResult).compactMap { $0["tool_call_id"]?.string }
            if let stray = given.first(where: { !calls.contains($0) }) { return .unexpectedCall(stray) }
        }
        guard calls.count != results.count else { return nil }
        let open = history.filter(\.isCallForClient).compactMap { $0["tool_call_id"]?.string }
            .filter { !results.contains($0) }
        guard !open.isEmpty, !inputs.allSatisfy(\.isResult) else { return .unequalNumber }
        return .resultsMissing(open)
    }

    var refusal: ServiceError {
        switch self {
        case .resultsMissing(let ids):
            .business(
                400, code: 3001,
                "Cannot append other inputs while function results are still missing. Provide function results first "
                    + "for: [\(ids.map { "'\($0)'" }.joined(separator: ", "))]")
        case .unequalNumber: .business(400, code: 3230, "Not the same number of function calls and responses")
        case .unexpectedCall: .business(400, code: 3000, "Unexpected tool call id")
        }
    }
}

extension JSONText {
    /// A call that nobody but the client can answer: one that was confirmed is the server's to run.
    fileprivate var isCallForClient: Bool {
        guard self["type"]?.string == "function.call" else { return false }
        let status = self["confirmation_status"]?.string
        return status == nil || status == "pending"
    }

    fileprivate var isResult: Bool { self["type"]?.string == "function.result" }
}
