import ConvoJSON
import ConvoModel

/// The model behind the simulated server: it repeats its inputs, and some words make it do something else.
///
/// `[call]` and `[calls]` make one or two function calls, `[confirm]` one that waits for a confirmation, `[tool]` a
/// tool execution before the message, `[fail]` a run that fails.
struct EchoModel {
    static func fails(on inputs: [JSONText]) -> Bool { text(of: inputs).contains("[fail]") }

    /// The outputs' types and members in order, without ids and times.
    static func outputs(for inputs: [JSONText], mint: inout IDMint) -> [(
        type: EntryType, members: [(String, JSONText?)]
    )] {
        let text = text(of: inputs)
        if text.contains("[calls]") { return [call(&mint), call(&mint)] }
        if text.contains("[call]") { return [call(&mint)] }
        if text.contains("[confirm]") { return [call(&mint, status: "pending")] }
        let message: [(String, JSONText?)] = [("role", .string("assistant")), ("content", .string("echo: \(text)"))]
        return text.contains("[tool]")
            ? [(.toolExecution, execution(of: text)), (.messageOutput, message)] : [(.messageOutput, message)]
    }

    private static func call(
        _ mint: inout IDMint, status: String? = nil
    ) -> (type: EntryType, members: [(String, JSONText?)]) {
        let members: [(String, JSONText?)] = [
            ("tool_call_id", .string(mint.toolCall())), ("name", .string("look_up")),
            ("arguments", .string(#"{"n": 1.0}"#)), ("confirmation_status", status.map { .string($0) }),
        ]
        return (.functionCall, members)
    }

    /// A tool execution with what a lossless mirror must keep: an undocumented member, a float, a 20-digit integer.
    private static func execution(of text: String) -> [(String, JSONText?)] {
        [
            ("name", .string("document_library")), ("function", .string("library_search")),
            ("arguments", .string(text)), ("info", .stored(#"{"score":1.0,"rows":12345678901234567890,"e":1E+2}"#)),
        ]
    }

    private static func text(of inputs: [JSONText]) -> String {
        inputs.map { input in
            if let result = input["result"]?.string { return result }
            guard let content = input["content"] else { return "" }
            return content.string ?? content.elements.compactMap { $0["text"]?.string }.joined()
        }.joined(separator: " ")
    }
}
