import ConvoModel

extension EchoModel {
    static let codeExecution = ScriptedOutput.toolExecution(
        name: "code_interpreter", function: "code_interpreter", arguments: #"{"code": "21 * 2"}"#,
        info: .object([
            "result": .array([.object(["type": .string("text"), "text": .string("42\n")])]),
            "code": .string("21 * 2"), "code_output": .string("42\n"),
        ]))

    static let searchExecution = ScriptedOutput.toolExecution(
        name: "web_search", function: "web_search", arguments: #"{"query": "echo"}"#,
        info: .object(["result": .string(#"{"0": {"url": "https://example.org/echo", "title": "Echo"}}"#)]))

    /// Of a connector that the description's list does not have.
    static let connectorExecution = ScriptedOutput.toolExecution(
        name: "mistral_mcp", function: "search_docs", arguments: #"{"query": "echo"}"#,
        info: .object(["result": .string("Echo: a sound that comes back.")]))

    static let connectorReference = JSONText.object([
        "type": .string("tool_reference"), "tool": .string("mistral_mcp"), "title": .string("Echo"),
    ])

    static let failedImage = ScriptedOutput.toolExecution(
        name: FileMaker.imageTool, function: FileMaker.imageFunction, arguments: #"{"prompt": "an echo"}"#,
        info: .object(["result": .string("Image generation failed: timed out after 30 seconds")]))

    static let reference = JSONText.object([
        "type": .string("tool_reference"), "tool": .string("web_search"), "title": .string("Echo"),
        "url": .string("https://example.org/echo"), "favicon": .string("https://example.org/favicon.ico"),
        "description": .string("A sound that comes back."),
    ])

    /// One chunk of each kind that an answer may hold.
    static let assortment: [ScriptedOutput.Piece] = [
        .chunk(reference),
        .chunk(
            .object([
                "type": .string("tool_file"), "tool": .string("image_generation"),
                "file_id": .string("933c5b5a-1c47-4cdd-84f6-f32526bd161b"), "file_name": .string("image_generated_0"),
                "file_type": .string("png"),
            ])),
        .chunk(
            .object([
                "type": .string("image_url"), "image_url": .string("data:image/png;base64,iVBORw0KGgo="),
            ])),
        .chunk(
            .object([
                "type": .string("document_url"), "document_url": .string("https://example.org/echo.pdf"),
                "document_name": .string("echo.pdf"),
            ])),
        .text("That is all."),
    ]

    static func words(_ count: Int) -> String {
        let vocabulary = ["so", "it", "comes", "back", "again", "and", "once", "more"]
        return (0..<count).reduce(into: "") { text, index in text += " " + vocabulary[index % vocabulary.count] }
    }
}

extension JSONText {
    /// The words of an input entry, its chunks' texts joined.
    var spokenText: String {
        guard let content = self["content"] ?? self["result"] else { return "" }
        return content.string ?? content.elements.compactMap { $0["text"]?.string }.joined()
    }
}
