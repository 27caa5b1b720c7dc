import ConvoJSON
import ConvoModel
import ConvoServer

/// The faults that strike one request, drawn before it begins.
struct FaultPlan: Hashable, Sendable {
    var struck: [Fault] = []

    /// The fault that replaces the answer; `nil` where none does.
    var answer: Fault? { struck.first { $0.stage == .answer } }
    /// The fault that alters the stored inputs; `nil` where none does.
    var storage: Fault? { struck.first { $0.stage == .storage } }

    func has(_ fault: Fault) -> Bool { struck.contains(fault) }

    /// The answer of a fault before any work; `nil` where the work is to be done.
    func refusal(_ switches: Switches) -> ServiceError? {
        switch answer {
        case .resetBeforeCommit: .connectionReset
        case .rateLimit:
            .rateLimited(
                headers: switches.retryAfterSeconds > 0 ? ["Retry-After": "\(switches.retryAfterSeconds)"] : [:])
        case .error500: .business(500, code: 3000, "Internal server error")
        case .error502: .answer(status: 502, .plainText(FaultPlan.upstreamError))
        case .error503: .answer(status: 503, .plainText(FaultPlan.upstreamError))
        case .failedResponse: .failedResponse
        case .html: .intercepted(status: 200, .html(FaultPlan.page("Sign in")))
        // RFC 6761 reserves .invalid: a client that follows the redirect reaches no host.
        case .portal302:
            .intercepted(
                status: 302, .html(FaultPlan.page("Found")), headers: ["Location": "http://portal.invalid/sign-in"])
        case .portal403: .intercepted(status: 403, .html(FaultPlan.page("Access denied by the firewall")))
        case .portal404: .intercepted(status: 404, .html(FaultPlan.page("This page is not available in this network")))
        case .portalDetail: .intercepted(status: 404, .detail("Not Found"))
        case .proxy404: .intercepted(status: 404, .html(FaultPlan.page("404 Not Found", by: "nginx")))
        case .proxy502: .intercepted(status: 502, .html(FaultPlan.page("502 Bad Gateway", by: "nginx")))
        default: nil
        }
    }

    /// The answer of a fault in place of the result, once the work is done; `nil` where the client gets the result.
    var loss: ServiceError? {
        switch answer {
        case .resetAfterCommit, .lateCommit: .connectionReset
        case .error500AfterCommit: .business(500, code: 3000, "Internal server error")
        case .error502AfterCommit: .answer(status: 502, .plainText(FaultPlan.upstreamError))
        case .error503AfterCommit: .failedResponse
        case .htmlAfterCommit: .intercepted(status: 200, .html(FaultPlan.page("Sign in")))
        case .proxy502AfterCommit: .intercepted(status: 502, .html(FaultPlan.page("502 Bad Gateway", by: "nginx")))
        default: nil
        }
    }

    private static let upstreamError =
        "upstream connect error or disconnect/reset before headers. reset reason: overflow"

    private static func page(_ heading: String, by server: String? = nil) -> String {
        "<!DOCTYPE html><html><head><title>\(heading)</title></head><body><h1>\(heading)</h1>"
            + (server.map { "<hr><center>\($0)</center>" } ?? "") + "</body></html>\n"
    }
}

extension ServiceError {
    /// 429 in the gateway's shape.
    static func rateLimited(headers: [String: String] = [:]) -> ServiceError {
        .answer(
            status: 429,
            .gateway(message: "Rate limit exceeded", type: "rate_limited", code: "1300", rawStatus: 429),
            headers: headers)
    }

    static let failedResponse = ServiceError.business(503, code: 3000, "Failed to create conversation response.")
}

/// A word in an input that makes the echo model do more than echo: `sandbox:NAME`, some with `=NUMBER`.
///
/// ``summary`` says what each one does.
public enum Trigger: String, CaseIterable, Sendable {
    case tool, search, connector, image
    /// The image tool runs and fails.
    case imageFails = "image-fails"
    case file, call, calls, confirm, handoff, think, chunks, error, slow, long, silent

    static let prefix = "sandbox:"

    /// The word as a person writes it, with a placeholder for its number.
    public var usage: String {
        switch self {
        case .tool: "sandbox:tool"
        case .search: "sandbox:search"
        case .connector: "sandbox:connector"
        case .image: "sandbox:image=N"
        case .imageFails: "sandbox:image-fails"
        case .file: "sandbox:file"
        case .call: "sandbox:call"
        case .calls: "sandbox:calls=N"
        case .confirm: "sandbox:confirm"
        case .handoff: "sandbox:handoff"
        case .think: "sandbox:think"
        case .chunks: "sandbox:chunks"
        case .error: "sandbox:error=STATUS"
        case .slow: "sandbox:slow=MS"
        case .long: "sandbox:long=WORDS"
        case .silent: "sandbox:silent"
        }
    }

    /// What the model does, as a phrase without its subject, with the number's default in parentheses; for `--help`.
    public var summary: String {
        switch self {
        case .tool: "runs code_interpreter, then answers"
        case .search: "runs web_search, then answers with references"
        case .connector: "runs a tool of a connector that is not built in, then answers with a reference"
        case .image: "generates N images (1), then answers with their files"
        case .imageFails: "fails to generate an image, and says so in an answer"
        case .file: "runs code_interpreter, which makes a CSV file, then answers with it"
        case .call: "calls a function (the conversation's first, or get_weather) and ends the turn"
        case .calls: "calls a function N times (2) and ends the turn"
        case .confirm: "calls a function that waits for a confirmation"
        case .handoff: "hands over to another agent, which answers"
        case .think: "thinks aloud, then answers"
        case .chunks: "answers in chunks of several kinds"
        case .error: "fails with that status (500); a stream reports it after its first event"
        case .slow: "thinks for so long (1000)"
        case .long: "answers with so many words (1000)"
        case .silent: "answers with an empty text"
        }
    }

    /// The triggers in a text, in its order, each with its number; `nil` where it has none.
    static func found(in text: String) -> [(trigger: Trigger, number: Int?)] {
        guard text.contains(prefix) else { return [] }
        return text.split(whereSeparator: \.isWhitespace).compactMap { word in
            guard word.hasPrefix(prefix) else { return nil }
            let parts = word.dropFirst(prefix.count).split(separator: "=", maxSplits: 1)
            guard let name = parts.first, let trigger = Trigger(rawValue: String(name)) else { return nil }
            return (trigger, parts.count == 2 ? Int(parts[1]) : nil)
        }
    }
}

/// A violation of the rule that each function call gets one result before anything else is said.
enum CallFault: Hashable, Sendable {
    /// The inputs hold something else than results while the calls with these `tool_call_id`s have none.
    case resultsMissing([String])
    /// There are more results than calls, or fewer.
    case unequalNumber
    /// A result has this `tool_call_id`, which no call for the client has.
    case unexpectedCall(String)

    /// The first violation of a history's entries with the inputs behind them; `nil` where there is none.
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
    /// Whether the entry is a function call that the client must answer: the server deals with one that was allowed or
    /// denied.
    fileprivate var isCallForClient: Bool {
        guard self["type"]?.string == "function.call" else { return false }
        let status = self["confirmation_status"]?.string
        return status == nil || status == "pending"
    }

    fileprivate var isResult: Bool { self["type"]?.string == "function.result" }
}

/// Decides when a fault strikes; the same seed and the same requests give the same faults.
struct FaultScheduler: Sendable {
    private var state: UInt64
    private var counts: [Fault: Int] = [:]

    init(seed: UInt64) { state = seed }

    /// Decides whether a fault strikes a request to which it applies.
    ///
    /// - Parameters:
    ///   - fault: the fault; each has a count of its own for ``FaultRate/Frequency/every(_:)``.
    ///   - rate: the fault's rate; ``FaultRate/Frequency/next(_:)`` counts down when it strikes.
    /// - Returns: whether it strikes.
    mutating func strikes(_ fault: Fault, _ rate: inout FaultRate) -> Bool {
        switch rate.frequency {
        case .never: return false
        case .next(let count):
            rate.frequency = count > 1 ? .next(count - 1) : .never
            return true
        case .every(let period):
            counts[fault, default: 0] += 1
            return counts[fault, default: 0] % period == 0
        case .probability(let value):
            return Double(next() >> 11) * 0x1p-53 < value
        }
    }

    /// Draws the faults of one request, in the order of ``Fault``, and counts down the rates that have a number left.
    mutating func draw(for operation: Operation, _ switches: inout Switches) -> FaultPlan {
        var plan = FaultPlan()
        if operation.isRead, switches.faultScope == .writes { return plan }
        for fault in Fault.allCases {
            guard var rate = switches.faults[fault], rate.mayStrike(operation), fault.appliesTo(operation) else {
                continue
            }
            if fault.stage == .answer, plan.answer != nil { continue }
            if fault.stage == .storage, plan.storage != nil { continue }
            if strikes(fault, &rate) { plan.struck.append(fault) }
            switches.faults[fault] = rate
        }
        return plan
    }

    /// SplitMix64, prng.di.unimi.it/splitmix64.c
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
