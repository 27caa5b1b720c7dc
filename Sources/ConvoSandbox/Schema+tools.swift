/// The tools of a conversation, as the API's description has them.
extension Schema {
    static let tool = Schema.tagged(
        [
            ("function", Object("FunctionTool", required: [("function", function)], optional: [type("function")])),
            ("web_search", builtIn("WebSearchTool", "web_search")),
            ("web_search_premium", builtIn("WebSearchPremiumTool", "web_search_premium")),
            ("code_interpreter", builtIn("CodeInterpreterTool", "code_interpreter")),
            ("image_generation", builtIn("ImageGenerationTool", "image_generation")),
            (
                "document_library",
                builtIn(
                    "DocumentLibraryTool", "document_library", required: [("library_ids", .array(.string, minimum: 1))])
            ),
            (
                "connector",
                Object(
                    "CustomConnector", required: [("connector_id", .string)],
                    optional: [
                        type("connector"), ("authorization", .nullable(authorization)),
                        ("tool_configuration", configuration),
                    ])
            ),
        ], needsTag: true)

    static func type(_ name: String) -> (String, Schema) { ("type", .choice([name])) }

    private static func builtIn(_ name: String, _ tag: String, required: [(String, Schema)] = []) -> Object {
        Object(name, required: required, optional: [type(tag), ("tool_configuration", configuration)])
    }

    private static let function = Schema.object(
        Object(
            "Function", required: [("name", .string), ("parameters", .dictionary)],
            optional: [("description", .string), ("strict", .boolean)]))

    private static let configuration = Schema.nullable(
        .object(
            Object(
                "ToolConfiguration",
                optional: ["exclude", "include", "requires_confirmation"].map { ($0, .nullable(.array(.string))) })))

    private static let authorization = Schema.tagged(
        [
            (
                "oauth2-token",
                Object("OAuth2TokenAuth", required: [("value", .string)], optional: [type("oauth2-token")])
            ),
            ("api-key", Object("APIKeyAuth", required: [("value", .string)], optional: [type("api-key")])),
        ], needsTag: true)
}
