import ConvoJSON
import ConvoModel

/// What makes two requests to the endpoint the same, so that the second one joins the write of the first.
///
/// A client that names its request (`Idempotency-Key`) decides by the name. Otherwise the operation, the conversation and the
/// body decide: an SDK sends the very same body when it tries again. The bodies are compared as values: the order of members,
/// white space, escapes, the way in which a number is written, and members that are `null` do not matter; nor does whether the
/// answer is to be streamed.
struct RequestIdentity: Hashable, Sendable {
    /// The longest name of a request in bytes; a longer one is refused.
    static let nameLimit = 255

    /// The text that two equal requests have in common.
    let text: String
    /// The text that two requests of the same name must have in common.
    let content: String
    /// Whether the client has named the request.
    let isNamed: Bool

    /// Makes the identity of a request.
    ///
    /// - Parameters:
    ///   - kind: the operation.
    ///   - conversation: the conversation's id as the client has given it; `nil` for a start. The store's own may change, when a start
    ///     turns out to have made a conversation that the mirror has.
    ///   - body: the request's object.
    ///   - name: the value of `Idempotency-Key`; `nil` where there is none.
    init(_ kind: Kind, of conversation: RemoteID?, body: JSONText, name: String?) {
        content = RequestIdentity.canonical(body.setting("stream", to: nil))
        let place = "\(kind.rawValue) \(conversation?.rawValue ?? "")"
        if let name, !name.isEmpty {
            (text, isNamed) = ("\(place) named \(name)", true)
        } else {
            (text, isNamed) = ("\(place) \(content)", false)
        }
    }

    /// The operations that are writes.
    enum Kind: String, Sendable { case start, append, restart, delete }

    /// A JSON value in the one form that all equal values have.
    static func canonical(_ value: JSONText) -> String {
        switch value.kind {
        case .object:
            let members = value.members.filter { !$0.value.isNull }
                .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\(JSONText.string($0.key).text):\(canonical($0.value))" }
            return "{\(members.joined(separator: ","))}"
        case .array: return "[\(value.elements.map(canonical).joined(separator: ","))]"
        case .string: return JSONText.string(value.string ?? "").text
        case .number: return number(value)
        case .bool, .null: return value.text
        }
    }

    /// A number's shortest text; a whole number is written without a fraction, and one that no `Double` holds as it came.
    private static func number(_ value: JSONText) -> String {
        if value.int != nil { return value.text == "-0" ? "0" : value.text }
        guard let double = value.double, double.isFinite else { return value.text }
        if let whole = Int(exactly: double), abs(double) < 9_007_199_254_740_992 { return String(whole) }
        // A long integer would lose its last digits.
        return value.text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
            ? value.text : "\(double)"
    }
}
