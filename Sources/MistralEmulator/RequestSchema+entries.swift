/// The inputs that a client may add to a conversation, as in the API's description.
extension RequestSchema {
    static let inputs = RequestSchema.union([("str", .string), ("list[entry]", .array(entry))])

    private static let entry = RequestSchema.tagged([
        entry(
            "message.input", "MessageInputEntry",
            required: [("role", .choice(["assistant", "user"])), ("content", content(inputChunk))],
            optional: [("prefix", .boolean)]),
        entry(
            "message.output", "MessageOutputEntry", required: [("content", content(outputChunk))],
            optional: author + [("role", .choice(["assistant"]))]),
        entry("function.result", "FunctionResultEntry", required: [("tool_call_id", .string), ("result", .string)]),
        entry(
            "function.call", "FunctionCallEntry",
            required: [
                ("tool_call_id", .string), ("name", .string),
                ("arguments", .union([("dict", .dictionary), ("str", .string)])),
            ],
            optional: author + [("confirmation_status", .nullable(.choice(["pending", "allowed", "denied"])))]),
        entry(
            "tool.execution", "ToolExecutionEntry", required: [("name", .string), ("arguments", .string)],
            optional: author + [("info", .dictionary)]),
        entry(
            "agent.handoff", "AgentHandoffEntry",
            required: ["previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name"]
                .map { ($0, .string) }),
    ])

    private static let author: [(String, RequestSchema)] = [("agent_id", optionalString), ("model", optionalString)]

    private static func entry(
        _ tag: String, _ name: String, required: [(String, RequestSchema)], optional: [(String, RequestSchema)] = []
    ) -> (tag: String, object: Object) {
        let common: [(String, RequestSchema)] = [
            ("object", .choice(["entry"])), ("created_at", .string), ("completed_at", optionalString), ("id", .string),
        ]
        return member(tag, name, required: required, optional: common + optional)
    }

    private static func content(_ chunk: RequestSchema) -> RequestSchema {
        .union([("str", .string), ("list[chunk]", .array(chunk))])
    }

    private static let inputChunk = RequestSchema.tagged(chunks)
    private static let outputChunk = RequestSchema.tagged(chunks + [toolReference])

    private static let chunks = [
        textChunk,
        member("image_url", "ImageURLChunk", required: [("image_url", imageURL)]),
        member(
            "tool_file", "ToolFileChunk", required: [("tool", .string), ("file_id", .string)],
            optional: [("file_name", optionalString), ("file_type", optionalString)]),
        member(
            "document_url", "DocumentURLChunk", required: [("document_url", .string)],
            optional: [("document_name", optionalString)]),
        member(
            "thinking", "ThinkChunk", required: [("thinking", .array(.tagged([textChunk, toolReference, reference])))],
            optional: [("signature", optionalString), ("closed", .boolean)]),
    ]

    private static let textChunk = member("text", "TextChunk", required: [("text", .string)])

    private static let reference = member(
        "reference", "ReferenceChunk",
        required: [("reference_ids", .array(.union([("int", .integer(minimum: nil)), ("str", .string)])))])

    private static let toolReference = member(
        "tool_reference", "ToolReferenceChunk", required: [("tool", .string), ("title", .string)],
        optional: [("url", optionalString), ("favicon", optionalString), ("description", optionalString)])

    private static let imageURL = RequestSchema.union([
        (
            "ImageURL",
            .object(
                Object(
                    "ImageURL", required: [("url", .string)],
                    optional: [("detail", .nullable(.choice(["low", "auto", "high"])))]))
        ),
        ("str", .string),
    ])
}
