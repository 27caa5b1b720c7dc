import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoMCP

@Suite struct `A connection of an MCP client` {
    let agent: AgentStore

    init() throws {
        agent = try AgentStore()
        try agent.add(1, name: "Budget", ["hello", "echo"])
    }

    private func request(_ id: Int, _ method: String, _ params: String = AgentStore.meta) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{\#(params)}}"#
    }

    private let handshake =
        #"{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}"#

    @Test func `may discover and then initialize, and asks in either way afterwards`() throws {
        let answers = try agent.answers(
            request(1, "server/discover"), handshake, #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            request(2, "tools/list", ""), request(3, "tools/list"))
        #expect(answers.map { $0["id"]?.text } == ["1", "\"i\"", "2", "3"])
        #expect(answers[0]["result"]?["supportedVersions"]?.text == #"["2026-07-28"]"#)
        #expect(answers[1]["result"]?["protocolVersion"]?.string == "2025-11-25")
        #expect(answers[2]["result"]?.members.map(\.key) == ["tools"])
        #expect(answers[3]["result"]?.members.map(\.key) == ["resultType", "tools", "ttlMs", "cacheScope", "_meta"])
    }

    @Test(arguments: [
        ("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2024-11-05"),
        ("2026-07-28", "2025-11-25"), ("1.0", "2025-11-25"), ("", "2025-11-25"),
    ])
    func `agrees on the revision that it asks for, or else on the newest one`(asked: String, answered: String) throws {
        let answer = try agent.answers(request(1, "initialize", #""protocolVersion":"\#(asked)""#))
        #expect(answer.first?["result"]?["protocolVersion"]?.string == answered)
    }

    @Test(arguments: [
        (
            #""_meta":{"io.modelcontextprotocol/protocolVersion":"1900-01-01","io.modelcontextprotocol/clientCapabilities":{}}"#,
            -32022
        ),
        (#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#, -32602),
        (
            #""_meta":{"io.modelcontextprotocol/protocolVersion":7,"io.modelcontextprotocol/clientCapabilities":{}}"#,
            -32602
        ),
        (
            #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":7}"#,
            -32602
        ),
        (#""_meta":{}"#, -32602), (#""_meta":7"#, -32602), ("", -32602),
    ])
    func `is told what its _meta lacks`(params: String, code: Int) throws {
        let answer = try agent.answers(request(1, "tools/list", params))
        #expect(answer.first?["error"]?["code"]?.int == code && answer.first?["id"]?.int == 1)
        if code == -32022 { #expect(answer.first?["error"]?["data"]?["requested"]?.string == "1900-01-01") }
    }

    @Test(arguments: [
        ("{", -32700, nil), ("nonsense", -32700, nil), ("[]", -32600, nil),
        (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, nil),
        ("7", -32600, nil), (#"{"id":1,"method":"ping"}"#, -32600, "1"),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, nil),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, nil), (#"{"jsonrpc":"2.0","id":1}"#, -32600, "1"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602, "1"),
        (#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#, -32601, "1"),
        (#"{"jsonrpc":"2.0","id":"é","method":"prompts/list"}"#, -32601, "\"é\""),
        (#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, -32602, "1"),
    ])
    func `gets an error for what is no request, with the id where there is one`(line: String, code: Int, id: String?)
        throws
    {
        let answers = try agent.answers(line)
        #expect(answers.count == 1 && answers[0]["error"]?["code"]?.int == code && answers[0]["id"]?.text == id)
    }

    @Test func `gets no answer to notifications, responses and blank lines`() throws {
        #expect(
            try agent.answers(
                #"{"jsonrpc":"2.0","method":"tools/call"}"#, #"{"jsonrpc":"2.0","id":1,"result":{}}"#, " \t\r", "",
                #"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#) == [])
    }

    @Test func `may send several messages in an array under the one revision that has them`() throws {
        let agreed = handshake.replacing("2025-11-25", with: "2025-03-26")
        let answers = try agent.answers(
            agreed, #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},7]"#, "[]",
            #"[{"jsonrpc":"2.0","method":"x"}]"#)
        #expect(answers.count == 3 && answers[1].elements.count == 2 && answers[2]["error"]?["code"]?.int == -32600)
    }

    @Test func `reads on behind a message that is too long, which is answered by its id`() throws {
        let long =
            #"{"jsonrpc":"2.0","id":5,"method":"ping","params":{"x":""#
            + String(repeating: "y", count: MCPConnection.lineLimit) + "\"}}"
        let answers = try agent.answers(
            long, String(repeating: "[", count: 3_000_000), #"{"jsonrpc":"2.0","id":6,"method":"ping"}"#)
        #expect(answers.map { $0["id"]?.int } == [5, nil, 6])
        #expect(answers.map { $0["error"]?["code"]?.int } == [-32600, -32600, nil])
    }

    @Test func `gets no answer to a request that it cancels before the answer is out`() throws {
        let cancel = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#
        let before = try agent.answers(
            request(1, "tools/list"), request(2, "tools/list"), cancel, request(3, "tools/list"))
        #expect(before.map { $0["id"]?.int } == [1, 3])
        var connection = MCPConnection(server: MCPServer(allowsWrites: false) { [store = agent.store] in store })
        connection.receive(Array((request(2, "tools/list") + "\n").utf8))
        let lines = connection.prepareAnswer()
        connection.receive(Array((cancel + "\n").utf8))
        #expect(!lines.isEmpty && connection.confirmed(lines).isEmpty)
        connection.receive(Array((handshake + "\n" + cancel.replacing("2}", with: "\"i\"}") + "\n").utf8))
        #expect(
            connection.confirmed(connection.prepareAnswer()).contains("serverInfo"), "a handshake can't be cancelled")
    }

    @Test func `may subscribe to nothing, which ends with the input or its cancelling`() throws {
        let acknowledged = try agent.answers(
            request(7, "subscriptions/listen", AgentStore.meta + #","notifications":{"toolsListChanged":true}"#))
        #expect(acknowledged.map { $0["method"]?.string } == ["notifications/subscriptions/acknowledged"])
        #expect(acknowledged[0]["params"]?["notifications"]?.text == "{}")
        #expect(acknowledged[0]["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"]?.int == 7)
        #expect(try agent.answers(request(7, "subscriptions/listen")).first?["error"]?["code"]?.int == -32600)
        _ = try agent.answers(
            request(8, "subscriptions/listen"),
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}"#)
        let farewell = try JSONText(agent.end())
        #expect(farewell["id"]?.int == 7 && farewell["result"]?["resultType"]?.string == "complete")
    }

    @Test func `may write null for what it leaves out`() throws {
        let answers = try agent.answers(
            handshake, #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}"#,
            request(2, "tools/list", #""cursor":null"#), request(3, "resources/list", #""cursor":null"#),
            request(4, "tools/call", #""name":"status","arguments":null"#),
            request(5, "tools/call", #""name":"list_conversations","arguments":{"query":null,"limit":5.0}"#))
        #expect(answers.count == 6 && answers.allSatisfy { $0["result"] != nil })
    }

    @Test func `takes bytes as they come`() throws {
        let line = Array((request(1, "tools/list") + "\r\n").utf8)
        var found: [String] = []
        for byte in line { found += agent.lines([byte]) }
        #expect(found.count == 1)
    }

    @Test func `knows tools that only read, unless it may write`() throws {
        let tools = try agent.result("tools/list")["tools"]?.elements ?? []
        #expect(
            tools.compactMap { $0["name"]?.string } == [
                "search", "list_conversations", "get_entries", "get_tree", "status",
            ])
        #expect(
            tools.allSatisfy {
                $0["annotations"]?["readOnlyHint"]?.bool == true
                    && $0["inputSchema"]?["additionalProperties"]?.bool == false
            })
        let all = try AgentStore(allowsWrites: true).result("tools/list")
        #expect(all["tools"]?.elements.count == 7)
        #expect(
            TokenEstimate.tokens(in: all.text) <= TokenEstimate.resultLimit, "\(TokenEstimate.tokens(in: all.text))")
        #expect(throws: Unanswered.self) {
            try agent.call("append", [("conversation", .string("conv_1")), ("text", .string("x"))])
        }
    }
}
