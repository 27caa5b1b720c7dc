import ConvoJSON
import ConvoTerminal
import Foundation
import TestFolders
import Testing

@testable import ConvoApp

@Suite struct `The file of an MCP client` {
    let folder: TemporaryFolder
    let entry = MCPEntry(name: "convo", command: "/usr/bin/convo", arguments: ["mcp", "--profile", "wörk \"x\""])

    init() throws { folder = try TemporaryFolder() }

    private func changed(_ client: MCPClient, _ text: String, removes: Bool = false) throws -> String {
        try client.changed(text, entry, isRemoval: removes).text
    }

    static let json = [
        "", " \n", "{}", "{\n}\n", "{ \"mcpServers\": {} }", "{\"a\":1}", "\u{FEFF}{\"a\": [1, 2,],}",
        "// mine\n{\n  // theme\n  \"theme\": \"a // b /* c */\", // dark\n  \"mcpServers\": {\n    // other\n    \"other\": { \"command\": \"x\" }, // stays\n  },\n}\n",
        "{\r\n\t\"mcpServers\": {\r\n\t\t\"a\": {\"command\": \"}\"},\r\n\t\t\"b\": {}\r\n\t}\r\n}\r\n",
        "{\"mcpServers\":{\"a\":{\"command\":\"c\",\"args\":[\"{\",\"\\\"\"]}},\"z\":1.0,\"big\":12345678901234567890123}",
        "/* a */ { /* b */ \"mcpServers\" /* c */ : /* d */ { /* e */ } /* f */ , \"x\" : null } // g",
    ]

    @Test(arguments: json) func `gets the entry, keeps all else, and loses the entry again`(text: String) throws {
        let with = try changed(.cursor, text)
        let value = try CommentedJSON(with).value
        #expect(value["mcpServers"]?["convo"] == MCPClient.cursor.value(of: entry))
        #expect(try changed(.cursor, with) == with, "a second time changes nothing")
        let other = MCPEntry(name: "convo", command: "/opt/convo", arguments: ["mcp"])
        let replaced = try MCPClient.cursor.changed(with, other, isRemoval: false)
        #expect(replaced.hadIt)
        #expect(try CommentedJSON(replaced.text).value["mcpServers"]?["convo"]?["command"]?.string == "/opt/convo")
        let without = try changed(.cursor, replaced.text, removes: true)
        let before = try CommentedJSON(text).value
        #expect(
            try CommentedJSON(without).value.setting("mcpServers", to: before["mcpServers"] ?? nil).members.map(\.key)
                .sorted() == before.members.map(\.key).sorted())
        for comment in ["// mine", "// theme", "// dark", "// other", "// stays", "/* a */", "/* e */", "// g"]
        where text.contains(comment) {
            #expect(with.contains(comment) && without.contains(comment), "\(comment)")
        }
        // What stood there has the same bytes still, around what was added.
        if !text.allSatisfy(\.isWhitespace) {
            var rest = with[...]
            for character in text where !character.isWhitespace {
                guard let place = rest.firstIndex(of: character) else {
                    return #expect(Bool(false), "\(character) is gone")
                }
                rest = rest[rest.index(after: place)...]
            }
        }
    }

    @Test(arguments: [
        "[]", "7", "{", "{\"a\"}", "{\"mcpServers\": []}", "{\"mcpServers\": {}, \"mcpServers\": {}}",
        "{\"mcpServers\": {\"convo\": {\"command\": \"/bin/other\"}}}",
        "{\"mcpServers\": {\"convo\": 7}}", "/* {}", "{'a': 1}", "{} {}", "{\"mcpServers\": null}", "\"\\",
        "{\"a\": \"",
    ])
    func `of JSON is left as it is where it can't be read or is another's`(text: String) {
        #expect(throws: MCPFileFault.self) { try changed(.cursor, text) }
    }

    static let toml = [
        "", "# mine\n", "model = \"x\" # y\nmcp_servers = []\n\n[ui]\na = 1\n",
        "[[mcp_servers]]\nname = \"other\"\ntransport = \"http\"\nurl = \"u\"\n",
        "a = 1\r\n[[mcp_servers]]\r\nname = 'other'\r\n[mcp_servers.env]\r\nA = \"b\"\r\n\r\n# of tools\r\n[tools]\r\nx = [\r\n  1,\r\n  2,\r\n]\r\n",
        "text = \"\"\"\n[[mcp_servers]]\nnot a table\n\"\"\"\nwhen = 1979-05-27T07:32:00Z\n",
    ]

    @Test(arguments: toml) func `of Vibe gets the entry, keeps all else, and loses it again`(text: String) throws {
        let with = try changed(.vibe, text)
        #expect(try ServerTable(with, .arrayOfTables).entry(named: "convo") == entry)
        #expect(try changed(.vibe, with) == with)
        let other = MCPEntry(name: "convo", command: "/opt/convo", arguments: [])
        let replaced = try MCPClient.vibe.changed(with + "\n# the end\n[last]\n", other, isRemoval: false)
        #expect(
            replaced.hadIt && replaced.text.contains("/opt/convo") && !replaced.text.contains("/usr/bin/convo")
                && replaced.text.contains("# the end"))
        let without = try changed(.vibe, with, removes: true)
        for line in text.split(whereSeparator: \.isNewline) where line != "mcp_servers = []" {
            #expect(without.contains(line))
        }
        #expect(!without.contains("/usr/bin/convo"))
    }

    @Test func `of Codex gets a table of its own`() throws {
        let text = "model = \"x\"\n[mcp_servers.other]\ncommand = \"o\"\n[mcp_servers.other.env]\nA = \"1\"\n"
        let with = try changed(.codex, text)
        #expect(with.hasPrefix(text) && with.hasSuffix("args = [\"mcp\", \"--profile\", \"wörk \\\"x\\\"\"]\n"))
        #expect(try changed(.codex, with) == with)
        #expect(try changed(.codex, with, removes: true).contains("[mcp_servers.other.env]"))
        #expect(
            try changed(.codex, with + "[mcp_servers.convo.env]\nB = \"2\"\n", removes: true).contains("B") == false)
    }

    @Test(arguments: [
        "a = ", "mcp_servers = [{name = \"other\"}]\n", "mcp_servers = 7\n",
        "[[mcp_servers]]\nname = \"convo\"\ncommand = \"/bin/other\"\n",
        "x = '''\n[[mcp_servers]]\nname = \"convo\"\n'''\n[[mcp_servers]]\n# name\nname = 'convo'\ncommand = 'other'\n",
    ])
    func `of TOML is left as it is where it can't be read or changed, or is another's`(text: String) {
        #expect(throws: MCPFileFault.self) { try changed(.vibe, text) }
    }

    @Test func `is replaced as a whole, keeps its mode, and what it was is kept beside it`() throws {
        let environment = ProcessEnvironment(
            variable: { [path = folder.path] in $0 == "HOME" ? path : nil }, workingDirectory: folder.path,
            userID: geteuid())
        let path = try folder.file(".config/zed/settings.json", "{\n  // mine\n  \"a\": 1\n}\n", mode: 0o640)
        #expect(MCPClient.allCases.filter { $0.isHere(environment, inProject: false) } == [.zed])
        let change = try MCPClient.zed.change(entry, isRemoval: false, environment, inProject: false)
        #expect(change.kind == .added && change.path == path && change.backup == path + ".before-convo")
        #expect(try String(contentsOfFile: path + ".before-convo", encoding: .utf8) == "{\n  // mine\n  \"a\": 1\n}\n")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
        #expect(try MCPClient.zed.change(entry, isRemoval: false, environment, inProject: false).kind == .unchanged)
        #expect(try MCPClient.zed.change(entry, isRemoval: true, environment, inProject: false).kind == .removed)
        #expect(try MCPClient.zed.change(entry, isRemoval: true, environment, inProject: false).kind == .absent)
        let made = try MCPClient.claudeCode.change(entry, isRemoval: false, environment, inProject: true)
        #expect(made.path == folder.path + "/.mcp.json" && made.backup == nil)
        #expect(throws: CLIError.self) {
            try MCPClient.windsurf.change(entry, isRemoval: false, environment, inProject: true)
        }
        let broken = try folder.file(".cursor/mcp.json", "{ broken")
        #expect(throws: CLIError.self) {
            try MCPClient.cursor.change(entry, isRemoval: false, environment, inProject: false)
        }
        #expect(try String(contentsOfFile: broken, encoding: .utf8) == "{ broken")
    }
}
