import Foundation
import Testing

@Suite struct `Names and tags of one's own` {
    let user: UserFolder

    init() throws { user = try UserFolder() }

    @Test func `are shown, found, exported and imported, and never reach the server`() async throws {
        let start = try #require(
            try await user.json("start", "hello", "--model", "m", "--name", "Theirs") as? [String: Any])
        let id = try #require(start["id"] as? String)
        let named = try #require(try await user.json("rename", id, "Trip", "to", "京都") as? [String: Any])
        #expect(named["local_name"] as? String == "Trip to 京都" && named["name"] as? String == "Theirs")
        let tagged = try #require(
            try await user.json("tag", id, "work", "Later", "--remove", "LATER") as? [String: Any])
        #expect(tagged["tags"] as? [String] == ["Later", "work"], "what is added is there in the end")
        #expect(try await user.convo("tag", id, "--remove", "later").output == "\(id.prefix(4)): work\n")
        let server = try await user.sandbox()
        #expect(try await user.convo("sync", with: server.variables).exitCode == 0)
        let other = try UserFolder()
        #expect(try await other.convo("sync", with: server.variables).exitCode == 0)
        let theirs = try #require(try await other.json("list") as? [[String: Any]])
        #expect(theirs.map { $0["name"] as? String } == ["Theirs"])
        #expect(theirs.allSatisfy { $0["local_name"] is NSNull && ($0["tags"] as? [String])?.isEmpty == true })

        let list = try #require(try await user.json("list") as? [[String: Any]])
        #expect(list.map { $0["local_name"] as? String } == ["Trip to 京都"] && list[0]["name"] as? String == "Theirs")
        #expect(list[0]["remote_id"] is String && list[0]["tags"] as? [String] == ["work"])
        for verb in [["list"], ["get", id], ["tree", id], ["history", id], ["search", "京都"]] {
            let shown = try await Program.start("convo", verb, environment: user.variables, in: user.folder).end()
                .output
            #expect(shown.contains("Trip to 京都") && (verb[0] == "search" || shown.contains("work")), "\(verb)")
        }
        #expect(try await user.convo("search", "hello", "-tag:work").output.hasPrefix("Nothing found"))
        let tags = try #require(try await user.json("tags") as? [[String: Any]])
        #expect(tags.map { $0["tag"] as? String } == ["work"] && tags[0]["conversations"] as? Int == 1)

        let folder = user.folder.appendingPathComponent("out").path
        #expect(try await user.convo("export", "--format", "json", "--output", folder).exitCode == 0)
        let report = try #require(try await other.json("import", folder) as? [String: Any])
        #expect(report["labelled"] as? Int == 1 && report["already_here"] as? Int == 1, "\(report)")
        #expect(try await other.convo("list").output.contains("Trip to 京都 [work]"))
        #expect(try await user.convo("rename", id, "--clear").output == "\(id.prefix(4)) is called \"Theirs\" again.\n")
    }

    @Test(arguments: [
        (["rename", "nope", "x"], 66, "no_such_conversation"), (["rename", "@", "a\nb"], 64, "invalid_name"),
        (["rename", "@", " "], 64, "invalid_name"), (["tag", "@", "a b"], 64, "invalid_tag"),
        (["tag", "@", "\u{1B}[31m"], 64, "invalid_tag"), (["tag", "nope"], 66, "no_such_conversation"),
        (["tag", "@", "--remove", "a,b"], 64, "invalid_tag"), (["rename", "@"], 64, "usage"),
        (["rename", "@", "x", "--clear"], 64, "usage"),
    ])
    func `are refused with a code and a hint where they are none`(
        arguments: [String], exitCode: Int32, code: String
    ) async throws {
        let start = try #require(try await user.json("start", "hello", "--model", "m") as? [String: Any])
        let id = try #require(start["id"] as? String)
        let outcome = try await Program.start(
            "convo", arguments.map { $0 == "@" ? id : $0 } + ["--json"], environment: user.variables, in: user.folder
        ).end()
        #expect(outcome.exitCode == exitCode && outcome.output.isEmpty)
        let json = try JSONSerialization.jsonObject(with: Data(outcome.errors.utf8)) as? [String: [String: Any]]
        #expect(json?["error"]?["code"] as? String == code)
        #expect((json?["error"]?["hint"] as? String)?.isEmpty == false)
    }
}
