/// The form of a JSON value: as much of JSON Schema as the API's description uses.
indirect enum RequestSchema: Sendable {
    case string
    case boolean
    case integer(minimum: Int?)
    case number(ClosedRange<Double>?)
    /// One of these strings.
    case choice([String])
    case array(RequestSchema, minimum: Int = 0)
    /// An object with any members.
    case dictionary
    case object(Object)
    case nullable(RequestSchema)
    /// One of several; the name is a step of an issue's location.
    case union([(name: String, schema: RequestSchema)])
    /// One of several objects, selected by `type`.
    ///
    /// A value without `type` is checked against each of them, or refused where `needsTag` is set.
    case tagged([(tag: String, object: Object)], needsTag: Bool = false)

    struct Object: Sendable {
        let name: String
        var fields: [(name: String, schema: RequestSchema, isRequired: Bool)] = []
        var allowsExtra = false

        init(
            _ name: String, required: [(String, RequestSchema)] = [], optional: [(String, RequestSchema)] = [],
            extra: Bool = false
        ) {
            self.name = name
            fields = required.map { ($0.0, $0.1, true) } + optional.map { ($0.0, $0.1, false) }
            allowsExtra = extra
        }
    }
}

/// The tools of a conversation, as in the API's description.
extension RequestSchema {
    static let tool = RequestSchema.tagged(
        [
            member("function", "FunctionTool", required: [("function", function)]),
            builtIn("web_search", "WebSearchTool"),
            builtIn("web_search_premium", "WebSearchPremiumTool"),
            builtIn("code_interpreter", "CodeInterpreterTool"),
            builtIn("image_generation", "ImageGenerationTool"),
            builtIn(
                "document_library", "DocumentLibraryTool", required: [("library_ids", .array(.string, minimum: 1))]),
            member(
                "connector", "CustomConnector", required: [("connector_id", .string)],
                optional: [("authorization", .nullable(authorization)), ("tool_configuration", configuration)]),
        ], needsTag: true)

    /// A member of a tagged union: an object that may name its `type`.
    static func member(
        _ tag: String, _ name: String, required: [(String, RequestSchema)] = [],
        optional: [(String, RequestSchema)] = []
    ) -> (tag: String, object: Object) {
        (tag, Object(name, required: required, optional: [("type", .choice([tag]))] + optional))
    }

    private static func builtIn(
        _ tag: String, _ name: String, required: [(String, RequestSchema)] = []
    ) -> (tag: String, object: Object) {
        member(tag, name, required: required, optional: [("tool_configuration", configuration)])
    }

    private static let function = RequestSchema.object(
        Object(
            "Function", required: [("name", .string), ("parameters", .dictionary)],
            optional: [("description", .string), ("strict", .boolean)]))

    private static let configuration = RequestSchema.nullable(
        .object(
            Object(
                "ToolConfiguration",
                optional: ["exclude", "include", "requires_confirmation"].map { ($0, .nullable(.array(.string))) })))

    private static let authorization = RequestSchema.tagged(
        [
            member("oauth2-token", "OAuth2TokenAuth", required: [("value", .string)]),
            member("api-key", "APIKeyAuth", required: [("value", .string)]),
        ], needsTag: true)
}

/// The bodies of the requests, as in the API's description.
extension RequestSchema {
    static func body(of operation: Operation) -> RequestSchema {
        switch operation {
        case .start, .startStream: start
        case .restart, .restartStream: restart
        default: append
        }
    }

    private static let start = RequestSchema.object(
        Object(
            "ConversationRequest", required: [("inputs", inputs)],
            optional: [
                ("stream", .nullable(.boolean)), ("store", .nullable(.boolean)),
                ("handoff_execution", .nullable(handoffExecution)), ("instructions", optionalString),
                ("tools", .nullable(.array(tool))), ("completion_args", .nullable(completionArgs)),
                ("guardrails", .nullable(.array(guardrail))), ("name", optionalString),
                ("description", optionalString), ("metadata", .nullable(.dictionary)), ("agent_id", optionalString),
                ("agent_version", agentVersion), ("model", optionalString),
            ]))

    private static let append = RequestSchema.object(
        Object(
            "AppendConversationRequest",
            optional: shared + [("tool_confirmations", .nullable(.array(confirmation)))]))

    private static let restart = RequestSchema.object(
        Object(
            "RestartConversationRequest", required: [("from_entry_id", .string)],
            optional: shared + [
                ("guardrails", .nullable(.array(guardrail))), ("metadata", .nullable(.dictionary)),
                ("agent_version", agentVersion),
            ]))

    private static let shared: [(String, RequestSchema)] = [
        ("inputs", inputs), ("stream", .boolean), ("store", .boolean), ("handoff_execution", handoffExecution),
        ("completion_args", completionArgs),
    ]

    private static let handoffExecution = RequestSchema.choice(["client", "server"])
    private static let agentVersion = RequestSchema.nullable(
        .union([("str", .string), ("int", .integer(minimum: nil))]))
    static let optionalString = RequestSchema.nullable(.string)

    private static let confirmation = RequestSchema.object(
        Object(
            "ToolCallConfirmation",
            required: [("tool_call_id", .string), ("confirmation", .choice(["allow", "deny"]))]))

    private static let completionArgs = RequestSchema.object(
        Object(
            "CompletionArgs",
            optional: [
                ("stop", .nullable(.union([("str", .string), ("list[str]", .array(.string))]))),
                ("presence_penalty", .nullable(.number(-2...2))), ("frequency_penalty", .nullable(.number(-2...2))),
                ("temperature", .nullable(.number(0...1))), ("top_p", .nullable(.number(0...1))),
                ("max_tokens", .nullable(.integer(minimum: 0))), ("random_seed", .nullable(.integer(minimum: 0))),
                ("prediction", .nullable(prediction)), ("response_format", .nullable(responseFormat)),
                ("tool_choice", .choice(["auto", "none", "any", "required"])),
                ("reasoning_effort", .nullable(.choice(["none", "minimal", "low", "medium", "high", "xhigh", "max"]))),
            ]))

    private static let prediction = RequestSchema.object(
        Object("Prediction", optional: [("type", .choice(["content"])), ("content", .string)]))

    private static let responseFormat = RequestSchema.object(
        Object(
            "ResponseFormat",
            optional: [
                ("type", .choice(["text", "json_object", "json_schema"])),
                (
                    "json_schema",
                    .nullable(
                        .object(
                            Object(
                                "JsonSchema", required: [("name", .string), ("schema", .dictionary)],
                                optional: [("description", optionalString), ("strict", .boolean)])))
                ),
            ]))

    private static let guardrail = RequestSchema.object(
        Object(
            "GuardrailConfig",
            optional: [
                ("block_on_error", .boolean), ("moderation_llm_v1", .nullable(moderation)),
                ("moderation_llm_v2", .nullable(moderation)),
            ], extra: true))

    private static let moderation = RequestSchema.object(
        Object(
            "ModerationLLMConfig",
            optional: [
                ("model_name", .string), ("custom_category_thresholds", .nullable(.dictionary)),
                ("ignore_other_categories", .boolean), ("action", .choice(["none", "block"])),
            ], extra: true))
}
