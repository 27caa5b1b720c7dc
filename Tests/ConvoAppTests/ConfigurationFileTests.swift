import Testing

@testable import ConvoApp

@Suite struct `A config file` {
    func error(_ toml: String) -> ConfigurationError? {
        #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: "/c.toml", toml: toml) }
    }

    @Test func `with an unknown setting is refused with its line and the known ones`() {
        let error = error("# mine\npoll_interval = 5\n\nserver-url = \"x\"\n")
        #expect(error?.description == "/c.toml:4: there is no setting server-url.")
        #expect(
            error?.hint
                == "Did you mean server_url? Known settings: default_profile, database, server_url, api_key_file, model, agent, poll_interval, sweep_interval, surfacing, conflict, file_limit, file_quota, listen, offline_writes, endpoint_patience."
        )
    }

    @Test func `with an unknown setting of a profile is refused with the line in its table`() {
        #expect(
            error("database = 'a'\n[profile.work]\n# database\n\ndatabse = 'b'\n")?.description
                == "/c.toml:5: there is no setting databse.")
        #expect(
            error("[profile.a]\nconflict = 'hold'\n[profile.b]\nconflicts = 'hold'\n")?.description
                == "/c.toml:4: there is no setting conflicts.")
    }

    @Test(arguments: [
        "profile = 'work'", "[profile]\nwork = 'x'", "[profile.\"my work\"]", "[profile.\"../x\"]", "[profile.convo]",
        "[profile.work]\npoll_interval = 'soon'",
    ])
    func `with a profile that can't be one is refused`(toml: String) {
        #expect(error(toml)?.code == "unusable_value")
    }

    @Test func `with an unknown section is refused with its line`() {
        #expect(error("\n[server]\nurl = 1")?.description == "/c.toml:2: there is no setting server.")
    }

    @Test func `that is no TOML is refused with line and column`() {
        #expect(error("database = \n")?.description.hasPrefix("/c.toml:1:12: ") == true)
    }

    @Test(arguments: ["database = 5", "poll_interval = \"5\"", "server_url = [\"a\"]", "sweep_interval = true"])
    func `with a value of another type is refused`(toml: String) {
        #expect(error(toml)?.code == "unusable_value")
    }

    @Test(arguments: ["", "# nothing\n", "\u{FEFF}# a byte order mark"])
    func `may say nothing`(toml: String) throws {
        #expect(try ConfigurationFile(path: "/c.toml", toml: toml)[.database] == nil)
    }

    @Test func `that is none is no error, and a folder in its place is`() throws {
        #expect(try ConfigurationFile.read("/no/such/file") == nil)
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.read("/tmp") }
    }
}
