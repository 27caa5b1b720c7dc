import ConvoJSON
import ConvoModel
import ConvoSandbox
import ConvoServer
import MistralEmulator
import Testing

/// Ada has two keys in one workspace and one in another; Bob is in Ada's workspace.
private let keys = "keys=ada-old@ada/lab/acme,ada-new@ada/lab/acme,ada-shop@ada/shop/acme,bob@bob/lab/acme"

@Suite(.sandbox) struct `A key` {
    @Test func `sees what its user made in its workspace, and nobody else's`() async throws {
        try await visitor.turn(keys)
        let path = try await visitor.bearing("ada-old").start()
        for key in ["ada-old", "ada-new"] {
            #expect(try await visitor.bearing(key).ids().count == 1)
            #expect(try await visitor.bearing(key).get(path + "/history").status == 200)
        }
        for key in ["ada-shop", "bob"] {
            let other = try visitor.bearing(key)
            #expect(try await other.ids().isEmpty)
            let statuses = [
                try await other.get(path).status, try await other.get(path + "/history").status,
                try await other.get(path + "/messages").status, try await other.append("x", to: path).status,
                try await other.post(path + "/restart", #"{"inputs":"x","from_entry_id":"m"}"#).status,
                try await other.delete(path).status,
            ]
            #expect(statuses == [404, 404, 404, 404, 404, 404])
        }
        #expect(try await visitor.bearing("ada-new").append("x", to: path).status == 200)
    }

    @Test func `sees its user's other workspaces, where the switch says so`() async throws {
        try await visitor.turn(keys, "visibility=user")
        let path = try await visitor.bearing("ada-old").start()
        #expect(try await visitor.bearing("ada-shop").get(path).status == 200)
        #expect(try await visitor.bearing("bob").get(path).status == 404)
    }

    @Test(arguments: [403, 404])
    func `is refused what it does not see, where the switches say so`(status: Int) async throws {
        try await visitor.turn(keys, "other-list=\(status)", "other-conversation=\(status)")
        let path = try await visitor.bearing("ada-old").start()
        let shop = try visitor.bearing("ada-shop")
        #expect(try await shop.get(Visitor.collection).status == status)
        #expect(try await shop.get(path).status == status)
        _ = try await shop.start()
        #expect(try await shop.ids().count == 1)
    }

    @Test func `can be taken away and another given while the server runs`() async throws {
        try await visitor.turn("keys=first@ada")
        let path = try await visitor.bearing("first").start()
        try await visitor.turn("keys=second@ada")
        #expect(try await visitor.bearing("first").get(path).status == 401)
        #expect(try await visitor.bearing("second").get(path).status == 200)
    }

    @Test func `is none with an empty name, a fourth one, or the same text twice`() {
        for text in ["@ada", "a@", "a@ada//x", "a@a/b/c/d", "a,a@bob", "a,,b"] { #expect(KeyTable(text) == nil) }
        #expect(KeyTable("a,b@ada,c@x@ada/lab")?["c@x"]?.workspace == "lab")
    }

    @Test func `sees what is everybody's, and what is loaded as its user's`() async throws {
        try await visitor.turn(keys)
        let times = #""created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","model":"m""#
        let records = """
            [{"conversation":{"id":"conv_all",\(times)},"entries":[]},
            {"conversation":{"id":"conv_bob",\(times)},"entries":[],"owner":{"user":"bob","workspace":"lab"}}]
            """
        _ = try await visitor.sandbox.load(try JSONText(records))
        #expect(try await visitor.bearing("ada-old").ids() == ["conv_all"])
        #expect(try await visitor.bearing("bob").ids().sorted() == ["conv_all", "conv_bob"])
        #expect(try await visitor.sandbox.records == (try JSONText(records)))
    }
}

@Suite(.sandbox) struct `Who I am` {
    @Test func `is told of a user, with names and ids that stay`() async throws {
        try await visitor.turn(keys)
        let old = try await visitor.bearing("ada-old").get("/v1/users/me").json
        let new = try await visitor.bearing("ada-new").get("/v1/users/me").json
        let shop = try await visitor.bearing("ada-shop").get("/v1/users/me").json
        #expect(
            old.members.map(\.key)
                == ["id", "email", "first_name", "last_name", "workspace", "organization", "api_key"])
        #expect(old["id"] == new["id"] && old["workspace"] == new["workspace"])
        #expect(old["api_key"] != new["api_key"])
        #expect(old["id"] == shop["id"] && old["organization"] == shop["organization"])
        #expect(old["workspace"]?["id"] != shop["workspace"]?["id"])
        #expect(old["workspace"]?["name"]?.string == "lab")
        let whoami = try await visitor.bearing("ada-old").get("/v1/whoami").json
        #expect(whoami["principal"]?["principal_type"]?.string == "user")
        #expect(whoami["principal"]?["id"] == old["id"])
        #expect(whoami["workspace"] == old["workspace"])
        #expect(whoami["organization"]?["id"] == old["organization"]?["id"])
    }

    @Test func `is told of a service account by whoami alone`() async throws {
        try await visitor.turn("keys=k@service:bot")
        let bot = try visitor.bearing("k")
        #expect(try await bot.get("/v1/users/me").status == 403)
        let principal = try await bot.get("/v1/whoami").json["principal"]
        #expect(principal?["principal_type"]?.string == "service_account")
        #expect(principal?["name"]?.string == "bot")
        #expect(principal?["id"] == nil && principal?["service_account_id"] != nil)
    }

    @Test(arguments: [401, 403, 404])
    func `may be refused by each operation for itself`(status: Int) async throws {
        try await visitor.turn("users-me=\(status)")
        #expect(try await visitor.get("/v1/users/me").status == status)
        #expect(try await visitor.get("/v1/whoami").status == 200)
        try await visitor.turn("whoami=\(status)", "users-me=given")
        #expect(try await visitor.get("/v1/whoami").status == status)
        #expect(try await visitor.get("/v1/users/me").status == 200)
    }

    @Test func `may be told in part`() async throws {
        try await visitor.turn("identity=user-only")
        let user = try await visitor.get("/v1/users/me").json
        #expect(user["workspace"]?.isNull == true && user["organization"]?.isNull == true)
        #expect(user["id"]?.string != nil)
    }

    @Test func `takes the key in the header that its description names, too`() async throws {
        let server = try await SandboxServer.start(Sandbox(switches: .turned("keys=right")))
        for (name, status) in [("x-api-key", 200), ("x-other", 401)] {
            let found = try await server.status(of: "/v1/whoami", headers: [name: "right"])
            #expect(found == status)
        }
        await server.stop()
    }
}
