internal import ConvoJSON
internal import ConvoModel

/// The message in the body of an error answer, and the shape of the body.
///
/// The initialiser reads only messages and the places of fields, and leaves out what the server repeats of our input.
struct ErrorMessage: Equatable {
    /// The known shapes, each with the programs that write it.
    enum Shape: Equatable {
        /// `{"object": "Error" or "error", "message": a text or problems, "type": …, "code": …}`: the API.
        case apiError
        /// `{"detail": [{"loc", "msg", "type"}]}`: the API's validation.
        case validation
        /// `{"detail": a text}`: the API's authentication, and most programs that are made with the same framework.
        case detail
        /// `{"message": a text, "request_id": 32 hexadecimal digits}`: the API's gateway.
        case gateway
        /// As ``gateway``, where the gateway says that no service has this path.
        case noRoute
        /// None of the known shapes: another program's body.
        case foreign
    }

    private static let problemLimit = 5
    private static let noRouteMessage = "no Route matched"

    let shape: Shape
    let message: String?
    let code: String?

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: the bytes, perhaps cut off.
    ///   - isJSON: whether the answer's media type says that this is JSON.
    init(_ body: [UInt8], isJSON: Bool) {
        guard let json = try? JSONText(utf8: body), json.kind == .object else {
            shape = .foreign
            message = ErrorMessage.plainText(body)
            code = nil
            return
        }
        shape = isJSON ? ErrorMessage.shape(of: json) : .foreign
        message = ErrorMessage.text(json["message"]) ?? ErrorMessage.text(json["detail"])
        code = json["code"].flatMap { $0.string ?? $0.int.map(String.init) }
    }

    private static func shape(of json: JSONText) -> Shape {
        let message = json["message"]
        if json["object"]?.string?.lowercased() == "error", json["type"]?.kind == .string, isCode(json["code"]),
            message?.kind == .string || message?.kind == .array
        {
            return .apiError
        }
        if let detail = json["detail"] {
            if detail.kind == .string { return .detail }
            let problems = detail.elements
            return !problems.isEmpty && problems.allSatisfy(isProblem) ? .validation : .foreign
        }
        guard let said = message?.string else { return .foreign }
        if said.hasPrefix(noRouteMessage) { return .noRoute }
        return isRequestID(json["request_id"]?.string) ? .gateway : .foreign
    }

    private static func isCode(_ json: JSONText?) -> Bool {
        guard let json else { return true }
        return json.kind == .string || json.kind == .number || json.isNull
    }

    private static func isProblem(_ json: JSONText) -> Bool {
        json["loc"]?.kind == .array && json["msg"]?.kind == .string && json["type"]?.kind == .string
    }

    private static func isRequestID(_ text: String?) -> Bool {
        guard let text, text.utf8.count == 32 else { return false }
        return text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }

    /// A string, or an array of validation problems.
    private static func text(_ json: JSONText?) -> String? {
        switch json?.kind {
        case .string: json?.string
        case .array: json?.elements.prefix(problemLimit).compactMap(problem).joined(separator: "; ")
        default: nil
        }
    }

    /// `{"loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}`
    private static func problem(_ json: JSONText) -> String? {
        guard let message = json["msg"]?.string else { return json.string }
        let place = (json["loc"]?.elements ?? []).map { $0.string ?? $0.text }.joined(separator: ".")
        return place.isEmpty ? message : "\(place): \(message)"
    }

    /// The first line of a body that is not JSON; `nil` if it looks like markup or JSON.
    private static func plainText(_ body: [UInt8]) -> String? {
        let text = String(decoding: body.prefix(String.printableLimit), as: UTF8.self)
        let first = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return first.contains("<") || first.contains("{") || first.contains("[") ? nil : first
    }
}

/// The fields of an object that arrives in parts: each in the place where it was first seen, with its last value that
/// is not null.
struct FieldList: Sendable {
    /// More fields are ignored: no object of the API has a tenth of them.
    static let limit = 256

    private(set) var fields: [(name: String, value: JSONText)] = []

    mutating func set(_ name: String, _ value: JSONText) {
        if let place = fields.firstIndex(where: { $0.name == name }) {
            if !value.isNull { fields[place].value = value }
        } else if fields.count < FieldList.limit {
            fields.append((name, value))
        }
    }

    func contains(_ name: String) -> Bool { fields.contains { $0.name == name } }
}

extension String {
    /// How many characters of a message from elsewhere are kept.
    static let printableLimit = 500

    /// The text cut to a limit and without control characters, because it ends up in logs and on terminals; `nil` if
    /// nothing is left.
    var printable: String? {
        var result = ""
        for scalar in unicodeScalars.prefix(String.printableLimit) {
            result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return result.allSatisfy(\.isWhitespace) ? nil : result
    }
}
