import ConvoAPI
import ConvoApp
import Foundation
import TestFolders
import Testing

@Suite struct `The settings` {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func environment(_ variables: [String: String] = [:]) -> ProcessEnvironment {
        let variables = ["HOME": folder.path].merging(variables) { $1 }
        return ProcessEnvironment(variable: { variables[$0] }, workingDirectory: "/work dir", userID: geteuid())
    }

    @Test func `have the documented defaults`() throws {
        let settings = try Settings(overrides: Overrides(), in: environment())
        #expect(settings.database == "\(folder.path)/.local/share/convo/convo.db")
        #expect(settings.serverURL.description == "https://api.mistral.ai")
        #expect(settings.pollInterval == .seconds(30))
        #expect(settings.sweepInterval == .seconds(900))
        #expect(settings.configFile == nil)
    }

    @Test(arguments: [
        (file: false, variable: false, flag: false, expected: "https://api.mistral.ai"),
        (true, false, false, "https://file.example"), (true, true, false, "https://variable.example"),
        (true, true, true, "https://flag.example"), (false, false, true, "https://flag.example"),
    ])
    func `rank flag, environment, file, default`(file: Bool, variable: Bool, flag: Bool, expected: String) throws {
        if file { _ = try folder.file(".config/convo/config.toml", "server_url = \"https://file.example\"") }
        let settings = try Settings(
            overrides: Overrides([.serverURL: flag ? "https://flag.example" : nil]),
            in: environment(variable ? ["CONVO_SERVER_URL": "https://variable.example"] : [:]))
        #expect(settings.serverURL.description == expected)
    }

    @Test func `come whole from a file`() throws {
        let file = try folder.file(
            "etc/convo.toml",
            """
            database = "here.db"
            server_url = "http://127.0.0.1:8080/base/"
            api_key_file = "~/key"
            poll_interval = 5
            sweep_interval = 60.5
            """)
        let settings = try Settings(overrides: Overrides(config: file), in: environment())
        #expect(settings.database == "\(folder.path)/etc/here.db")
        #expect(settings.serverURL.description == "http://127.0.0.1:8080/base")
        #expect(settings.apiKeyFile == "\(folder.path)/key")
        #expect(settings.pollInterval == .seconds(5))
        #expect(settings.sweepInterval == .seconds(60.5))
        #expect(settings.configFile == file)
    }

    @Test func `use the XDG folders, and ignore relative ones as the specification says`() throws {
        let absolute = environment(["XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": folder.path])
        _ = try folder.file("convo/config.toml", "poll_interval = 7")
        let settings = try Settings(overrides: Overrides(), in: absolute)
        #expect(settings.database == "/data/convo/convo.db")
        #expect(settings.pollInterval == .seconds(7))
        let relative = try Settings(overrides: Overrides(), in: environment(["XDG_DATA_HOME": "data"]))
        #expect(relative.database == "\(folder.path)/.local/share/convo/convo.db")
    }

    @Test func `take an empty variable for none`() throws {
        let settings = try Settings(
            overrides: Overrides(), in: environment(["CONVO_DATABASE": "", "CONVO_CONFIG": "", "XDG_DATA_HOME": ""]))
        #expect(settings.database == "\(folder.path)/.local/share/convo/convo.db")
    }

    @Test func `make a relative database absolute`() throws {
        let settings = try Settings(overrides: Overrides([.database: "my.db"]), in: environment())
        #expect(settings.database == "/work dir/my.db")
    }

    @Test func `need no home where the database is named`() throws {
        let homeless = ProcessEnvironment(variable: { _ in nil }, workingDirectory: "/", userID: 0)
        #expect(try Settings(overrides: Overrides([.database: "/a.db"]), in: homeless).database == "/a.db")
        #expect(throws: ConfigurationError.noHome) { try Settings(overrides: Overrides(), in: homeless) }
        let lost = ProcessEnvironment(variable: { ["HOME": "rel"][$0] }, workingDirectory: "/", userID: 0)
        #expect(throws: ConfigurationError.noHome) {
            try Settings(overrides: Overrides([.database: "~/a.db"]), in: lost)
        }
    }

    @Test func `fail where a named config file is missing`() {
        #expect(throws: ConfigurationError.missingFile(path: "/work dir/no.toml")) {
            try Settings(overrides: Overrides(config: "no.toml"), in: environment())
        }
        #expect(throws: ConfigurationError.missingFile(path: "/no.toml")) {
            try Settings(overrides: Overrides(), in: environment(["CONVO_CONFIG": "/no.toml"]))
        }
    }

    @Test(arguments: ["0", "-1", "0.5", "86401", "nan", "inf", "soon", "1e99"])
    func `refuse intervals out of bounds`(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings(overrides: Overrides([.pollInterval: text]), in: environment())
        }
        #expect(error?.code == "unusable_value")
        #expect(error?.description.contains("--poll-interval") == true)
    }

    @Test func `do not repeat a password in a URL`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Settings(overrides: Overrides([.serverURL: "https://me:secret@host"]), in: environment())
        }
        #expect(error?.description.contains("secret") == false)
    }
}
