import ConvoJSON
import ConvoStore

/// Something that a client's model may call.
protocol Tool: Sendable {
    var name: String { get }
    var title: String { get }
    /// What the model is told.
    var summary: String { get }
    var parameters: [ToolParameter] { get }
    /// The members of the structured result.
    var output: [ToolParameter] { get }
    /// Whether the tool queues a write.
    var isWriting: Bool { get }
    /// Does the work.
    func run(_ arguments: ToolArguments, _ server: MCPServer) throws(ToolError) -> ToolResult
}

extension Tool {
    var isWriting: Bool { false }

    /// The tool as `tools/list` has it.
    var definition: JSONText {
        .object([
            "name": .string(name), "title": .string(title), "description": .string(summary),
            "inputSchema": ToolParameter.schema(of: parameters, isStrict: true),
            "outputSchema": ToolParameter.schema(of: output, isStrict: false),
            "annotations": .object([
                "title": .string(title), "readOnlyHint": .bool(!isWriting), "destructiveHint": .bool(false),
                // The same message twice is said twice; what is read changes nothing.
                "idempotentHint": .bool(!isWriting),
                // What is queued goes to Mistral; all else stays on this machine.
                "openWorldHint": .bool(isWriting),
            ]),
        ])
    }
}

/// A member of a tool's arguments or of its result: its schema, and the check of it.
struct ToolParameter: Sendable {
    enum Kind: Sendable {
        /// A text of so many characters at most.
        case text(limit: Int)
        case choice([String])
        case whole(ClosedRange<Int>)
        case flag
        /// A whole number of a result.
        case count
        /// A list of objects, of a result.
        case objects
        case object
    }

    let name: String
    let kind: Kind
    let isRequired: Bool
    let summary: String

    static func required(_ name: String, _ kind: Kind, _ summary: String) -> ToolParameter {
        ToolParameter(name: name, kind: kind, isRequired: true, summary: summary)
    }

    static func optional(_ name: String, _ kind: Kind, _ summary: String) -> ToolParameter {
        ToolParameter(name: name, kind: kind, isRequired: false, summary: summary)
    }

    /// The JSON Schema of an object with these members.
    static func schema(of parameters: [ToolParameter], isStrict: Bool) -> JSONText {
        let required = parameters.filter(\.isRequired).map { JSONText.string($0.name) }
        return .object([
            "type": .string("object"),
            "properties": .object(parameters.map { ($0.name, $0.schema) }),
            "required": required.isEmpty ? nil : .array(required),
            "additionalProperties": isStrict ? .bool(false) : nil,
        ])
    }

    private var schema: JSONText {
        let rule: [(String, JSONText?)] =
            switch kind {
            case .text(let limit): [("type", .string("string")), ("maxLength", limit == .max ? nil : .int(limit))]
            case .choice(let choices): [("type", .string("string")), ("enum", .array(choices.map { .string($0) }))]
            case .whole(let range):
                [
                    ("type", .string("integer")), ("minimum", .int(range.lowerBound)),
                    ("maximum", range.upperBound == .max ? nil : .int(range.upperBound)),
                ]
            case .flag: [("type", .string("boolean"))]
            case .count: [("type", .string("integer"))]
            case .objects: [("type", .string("array")), ("items", .object(["type": .string("object")]))]
            case .object: [("type", .string("object"))]
            }
        return .object(rule + [("description", summary.isEmpty ? nil : .string(summary))])
    }

    /// Says what a value lacks; `nil` if it is what the schema allows.
    func fault(of value: JSONText) -> String? {
        switch kind {
        case .text(let limit):
            guard let text = value.string else { return "is a string" }
            if text.unicodeScalars.contains("\0") { return "has no U+0000" }
            return text.unicodeScalars.count <= limit ? nil : "has at most \(limit) characters"
        case .choice(let choices):
            return choices.contains { value.string.hasSameBytes(as: $0) }
                ? nil : "is one of \(choices.joined(separator: ", "))"
        case .whole(let range):
            let words =
                range.upperBound == .max
                ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
            return ToolArguments.whole(value).map { range.contains($0) } == true ? nil : "is a whole number, \(words)"
        case .flag: return value.bool == nil ? "is true or false" : nil
        case .count, .objects, .object: return nil
        }
    }
}

/// The arguments of a call, which fulfil the tool's schema.
struct ToolArguments {
    private let values: [String: JSONText]
    /// All arguments but those that only choose a part of the result: what a cursor belongs to.
    private let identity: String

    private static let choosing: Set<String> = ["cursor", "limit"]

    /// Checks arguments.
    ///
    /// - Parameters:
    ///   - json: the object of the call; a member that is `null` counts as absent.
    ///   - parameters: what the tool takes.
    /// - Throws: ``ToolError`` that names what is wrong, and what is right.
    init(_ json: JSONText, _ parameters: [ToolParameter]) throws(ToolError) {
        var values: [String: JSONText] = [:]
        for (name, value) in json.members where !value.isNull {
            guard let parameter = parameters.first(where: { $0.name.hasSameBytes(as: name) }) else {
                let known = parameters.map(\.name).joined(separator: ", ")
                throw ToolError("There is no argument \"\(name)\": the tool takes \(known.isEmpty ? "none" : known).")
            }
            guard values[parameter.name] == nil else {
                throw ToolError("The argument \(parameter.name) is given twice.")
            }
            if let fault = parameter.fault(of: value) { throw ToolError("The argument \(parameter.name) \(fault).") }
            values[parameter.name] = value
        }
        for parameter in parameters where parameter.isRequired && values[parameter.name] == nil {
            throw ToolError("The argument \(parameter.name) is missing: \(parameter.summary)")
        }
        self.values = values
        identity = parameters.filter { !ToolArguments.choosing.contains($0.name) }.compactMap { parameter in
            values[parameter.name].map { "\(parameter.name)=\($0.kind == .string ? .string($0.string) : $0)" }
        }.joined(separator: "&")
    }

    func text(_ name: String) -> String? { values[name]?.string }
    func whole(_ name: String) -> Int? { values[name].flatMap(ToolArguments.whole) }
    func flag(_ name: String) -> Bool { values[name]?.bool ?? false }

    /// A whole number, also one that a client writes as `5.0`.
    static func whole(_ value: JSONText) -> Int? { value.int ?? value.double.flatMap { Int(exactly: $0) } }

    /// The place of a cursor that a call brings; `nil` if it brings none.
    ///
    /// - Parameters:
    ///   - tool: the tool that is called.
    ///   - subject: what the cursor belongs to; `nil` for all arguments that choose more than a part of the result.
    /// - Returns: the place.
    /// - Throws: ``ToolError`` for a cursor of other arguments, or none.
    func cursor(of tool: String, _ subject: String? = nil) throws(ToolError) -> String? {
        guard let text = text("cursor") else { return nil }
        guard let cursor = Cursor(text) else { throw ToolError.noCursor }
        guard cursor.belongs(to: "\(tool)?\(subject ?? identity)") else {
            throw ToolError(
                "The cursor belongs to a call with other arguments. Repeat those, or call without the cursor.")
        }
        return cursor.place
    }

    /// A cursor for a further call with these arguments.
    func cursor(to place: String, of tool: String, _ subject: String? = nil) -> String {
        Cursor(place, of: "\(tool)?\(subject ?? identity)").text
    }
}

/// Why a call has no result; the model reads it and may try again.
struct ToolError: Error {
    let message: String

    static let noCursor = ToolError("The cursor is not one that this tool has given. Call without it.")

    init(_ message: String) { self.message = message }

    init(_ error: StoreError) {
        let hint: String? =
            switch error {
            case .noSuchConversation: "list_conversations shows what is here."
            case .ambiguousConversation: "Give more of the id."
            case .noSuchEntry: "get_entries shows the entries."
            case .unreadableMoment: "Days and times look so: 2026-03-11, 2026-03, yesterday, 7d, 2026-03-11T10:00."
            case .busy: "Try again."
            case .corrupt, .newerSchema, .unexpected: "The user may run `convo doctor`."
            default: nil
            }
        let sentence = "\(error)"
        message = sentence.prefix(1).uppercased() + sentence.dropFirst() + "." + (hint.map { " " + $0 } ?? "")
    }

    func result(of tool: any Tool) -> ToolResult {
        ToolResult(
            text: AgentText.line(message, limit: 2000) + (tool.isWriting ? " Nothing was queued." : ""), structured: nil
        )
    }
}

/// What a call gives: a text, and the same as JSON; or the text of an error.
struct ToolResult {
    let text: String
    /// `nil` for an error.
    let structured: JSONText?

    var members: [(String, JSONText?)] {
        [
            ("content", .array([.object(["type": .string("text"), "text": .string(text)])])),
            ("structuredContent", structured), ("isError", .bool(structured == nil)),
        ]
    }
}
