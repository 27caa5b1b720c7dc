internal import ConvoModel

/// What an error answer's body says. The API has four shapes of it, and proxies before it have more.
///
/// Only messages and places of fields are read: what the server repeats of our input stays out.
struct ErrorBody {
    static let problemLimit = 5

    let message: String?
    let code: String?

    init(_ body: [UInt8]) {
        guard let json = try? JSONText(utf8: body), json.kind == .object else {
            message = ErrorBody.plainText(body)
            code = nil
            return
        }
        message = ErrorBody.text(json["message"]) ?? ErrorBody.text(json["detail"]) ?? ErrorBody.text(json["error"])
        code = json["code"].flatMap { $0.string ?? $0.int.map(String.init) }
    }

    /// A string, an array of validation problems, or an object with a message of its own.
    private static func text(_ json: JSONText?) -> String? {
        guard let json else { return nil }
        switch json.kind {
        case .string: return json.string?.printable
        case .array: return json.elements.prefix(problemLimit).compactMap(problem).joined(separator: "; ").printable
        case .object: return text(json["message"]) ?? text(json["detail"])
        default: return nil
        }
    }

    /// `{"loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}`
    private static func problem(_ json: JSONText) -> String? {
        guard let message = json["msg"]?.string else { return json.string }
        let place = (json["loc"]?.elements ?? []).map { $0.string ?? $0.text }.joined(separator: ".")
        return place.isEmpty ? message : "\(place): \(message)"
    }

    /// A proxy's one line; no markup.
    private static func plainText(_ body: [UInt8]) -> String? {
        let text = String(decoding: body.prefix(String.printableLimit), as: UTF8.self)
        let first = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return first.contains("<") || first.contains("{") ? nil : first.printable
    }
}
