/// The inputs that a client may add to a conversation, as in the API's description.
extension RequestSchema {
    static let inputs = RequestSchema.union([("str", .string), ("list[entry]", .array(entry))])

    private static let entry = RequestSchema.tagged([
        (
            "message.input",
            entry(
                "MessageInputEntry", "message.input",
                required: [("role", .choice(["assistant", "user"])), ("content", content(inputChunk))],
                optional: [("prefix", .boolean)])
        ),
        (
            "message.output",
            entry(
                "MessageOutputEntry", "message.output", required: [("content", content(outputChunk))],
                optional: author + [("role", .choice(["assistant"]))])
        ),
        (
            "function.result",
            entry("FunctionResultEntry", "function.result", required: [("tool_call_id", .string), ("result", .string)])
        ),
        (
            "function.call",
            entry(
                "FunctionCallEntry", "function.call",
                required: [
                    ("tool_call_id", .string), ("name", .string),
                    ("arguments", .union([("dict", .dictionary), ("str", .string)])),
                ],
                optional: author + [
                    ("confirmation_status", .nullable(.choice(["pending", "allowed", "denied"])))
                ])
        ),
        (
            "tool.execution",
            entry(
                "ToolExecutionEntry", "tool.execution", required: [("name", .string), ("arguments", .string)],
                optional: author + [("info", .dictionary)])
        ),
        (
            "agent.handoff",
            entry(
                "AgentHandoffEntry", "agent.handoff",
                required: ["previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name"]
                    .map { ($0, .string) })
        ),
    ])

    private static let author: [(String, RequestSchema)] = [("agent_id", optionalString), ("model", optionalString)]

    private static func entry(
        _ name: String, _ tag: String, required: [(String, RequestSchema)], optional: [(String, RequestSchema)] = []
    ) -> Object {
        Object(
            name, required: required,
            optional: [
                ("object", .choice(["entry"])), type(tag), ("created_at", .string), ("completed_at", optionalString),
                ("id", .string),
            ] + optional)
    }

    private static func content(_ chunk: RequestSchema) -> RequestSchema {
        .union([("str", .string), ("list[chunk]", .array(chunk))])
    }

    private static let inputChunk = RequestSchema.tagged(chunks)
    private static let outputChunk = RequestSchema.tagged(chunks + [toolReference])

    private static let chunks: [(tag: String, object: Object)] = [
        textChunk,
        (
            "image_url",
            Object("ImageURLChunk", required: [("image_url", imageURL)], optional: [type("image_url")])
        ),
        (
            "tool_file",
            Object(
                "ToolFileChunk", required: [("tool", .string), ("file_id", .string)],
                optional: [type("tool_file"), ("file_name", optionalString), ("file_type", optionalString)])
        ),
        (
            "document_url",
            Object(
                "DocumentURLChunk", required: [("document_url", .string)],
                optional: [type("document_url"), ("document_name", optionalString)])
        ),
        (
            "thinking",
            Object(
                "ThinkChunk", required: [("thinking", .array(.tagged([textChunk, toolReference, reference])))],
                optional: [type("thinking"), ("signature", optionalString), ("closed", .boolean)])
        ),
    ]

    private static let textChunk: (tag: String, object: Object) =
        ("text", Object("TextChunk", required: [("text", .string)], optional: [type("text")]))

    private static let reference: (tag: String, object: Object) = (
        "reference",
        Object(
            "ReferenceChunk",
            required: [
                ("reference_ids", .array(.union([("int", .integer(minimum: nil)), ("str", .string)])))
            ], optional: [type("reference")])
    )

    private static let toolReference: (tag: String, object: Object) = (
        "tool_reference",
        Object(
            "ToolReferenceChunk", required: [("tool", .string), ("title", .string)],
            optional: [
                type("tool_reference"), ("url", optionalString), ("favicon", optionalString),
                ("description", optionalString),
            ])
    )

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
