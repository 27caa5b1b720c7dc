import ConvoJSON

/// A violation of the rule that each function call gets one result before anything else is said.
enum CallViolation: Hashable, Sendable {
    /// The inputs hold something else than results while the calls with these `tool_call_id`s have none.
    case resultsMissing([String])
    /// There are more results than calls, or fewer.
    case unequalNumber
    /// A result has this `tool_call_id`, which no call for the client has.
    case unexpectedCall(String)

    /// The first violation of a history's entries with the inputs behind them; `nil` where there is none.
    static func found(in inputs: [JSONText], after history: [JSONText], _ switches: Switches) -> CallViolation? {
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

    var refusal: Refusal {
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
    /// Whether the entry is a function call that the client must answer: the server deals with one that was allowed or
    /// denied.
    fileprivate var isCallForClient: Bool {
        guard self["type"]?.string == "function.call" else { return false }
        let status = self["confirmation_status"]?.string
        return status == nil || status == "pending"
    }

    fileprivate var isResult: Bool { self["type"]?.string == "function.result" }
}
