import ConvoJSON
import ConvoModel
import TestFolders

@testable import ConvoMCP
@testable import ConvoStore

/// A store with conversations of a test's own, and a client that asks a server about them.
final class AgentStore {
    static let meta =
        #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#

    let store: Store
    private let folder: TemporaryFolder
    private var connection: MCPConnection
    private var count = 0

    init(allowsWrites: Bool = false) throws {
        folder = try TemporaryFolder()
        let store = try Store(path: folder.path + "/convo.db")
        self.store = store
        connection = MCPConnection(server: MCPServer(allowsWrites: allowsWrites, answerer: .model("m")) { store })
    }

    /// Mirrors a conversation whose messages have these texts, a user's and an assistant's in turns.
    @discardableResult
    func add(_ number: Int, name: String = "", entries: [(id: String, text: String)]) throws -> LocalID {
        let day = number % 28 + 1
        let times =
            #""created_at":"2026-09-\#(day < 10 ? "0" : "")\#(day)T10:00:00.000000Z","updated_at":"2026-10-01T11:00:00.000000Z""#
        let conversation = try Conversation(
            raw: JSONText(
                #"{"id":"conv_\#(number)","object":"conversation","model":\#(JSONText.string("m" + name)),"name":\#(JSONText.string(name)),\#(times)}"#
            ))
        _ = try store.ingest([conversation])
        let raws = entries.enumerated().map { place, entry in
            let isInput = place.isMultiple(of: 2)
            return JSONText.object([
                "object": .string("entry"), "type": .string(isInput ? "message.input" : "message.output"),
                "id": .string(entry.id),
                "role": .string(isInput ? "user" : "assistant"), "created_at": .string("2026-09-01T10:00:00.000000Z"),
                "content": .string(entry.text),
            ])
        }
        let history = try ConversationHistory(
            raw: .object([
                "conversation_id": .string("conv_\(number)"), "entries": .array(raws),
                "object": .string("conversation.history"),
            ]))
        _ = try store.ingest([FetchedHistory(history, version: conversation.updatedAt.text)])
        return try store.localID(matching: "conv_\(number)")
    }

    @discardableResult
    func add(_ number: Int, name: String = "", _ texts: [String]) throws -> LocalID {
        try add(number, name: name, entries: texts.enumerated().map { (id: "msg_\(number)_\($0)", text: $1) })
    }

    /// The lines with which the server answers some bytes.
    func lines(_ bytes: [UInt8]) -> [String] {
        connection.receive(bytes)
        var output = ""
        while connection.hasWork { output += connection.confirmed(connection.prepareAnswer()) }
        return output.split(separator: "\n").map(String.init)
    }

    func answers(_ lines: String...) throws -> [JSONText] {
        try self.lines(Array((lines.joined(separator: "\n") + "\n").utf8)).map { try JSONText($0) }
    }

    /// The result of a stateless request.
    func result(_ method: String, _ params: [(String, JSONText?)] = []) throws -> JSONText {
        count += 1
        let members = JSONText.object(params).text.dropFirst().dropLast()
        let line =
            #"{"jsonrpc":"2.0","id":\#(count),"method":"\#(method)","params":{\#(AgentStore.meta)\#(members.isEmpty ? "" : ",")\#(members)}}"#
        let answers = try answers(line)
        guard answers.count == 1, let result = answers[0]["result"] else { throw Unanswered(answers: answers) }
        return result
    }

    /// The result of a tool.
    func call(_ name: String, _ arguments: [(String, JSONText?)] = []) throws -> JSONText {
        try result("tools/call", [("name", .string(name)), ("arguments", .object(arguments))])
    }

    func end() -> String {
        connection.inputEnded()
        return connection.farewell()
    }
}

struct Unanswered: Error { let answers: [JSONText] }

extension JSONText {
    /// The text of a tool's result.
    var shown: String { self["content"]?.elements.first?["text"]?.string ?? "" }
    var structured: JSONText { self["structuredContent"] ?? .null }
    var isError: Bool { self["isError"]?.bool ?? false }

    /// The most tokens of a result in all its forms.
    var tokens: Int { TokenEstimate.tokens(in: shown) + TokenEstimate.tokens(in: structured.text) }
}
