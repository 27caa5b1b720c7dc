import ConvoAPI
import ConvoApp
import ConvoStore
import Foundation
import TestFolders
import Testing

@Suite struct `A profile` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try folder.file(
            ".config/convo/config.toml",
            """
            database = "own.db"
            server_url = "https://top.example"
            api_key_file = "key"
            poll_interval = 5
            conflict = "hold"

            [profile.work]
            server_url = "https://work.example"
            api_key_file = "work.key"
            sweep_interval = 60

            [profile.lab-2]
            database = "lab.db"
            poll_interval = 7

            [profile.empty]
            """)
    }

    func settings(
        _ flag: String? = nil, _ variables: [String: String] = [:], _ overrides: Overrides = Overrides()
    ) throws -> Settings {
        let variables = ["HOME": folder.path].merging(variables) { $1 }
        var overrides = overrides
        overrides[.defaultProfile] = flag
        return try Settings(
            overrides: overrides,
            in: ProcessEnvironment(variable: { variables[$0] }, workingDirectory: "/", userID: geteuid()))
    }

    @Test func `has a database of its own, and settings that beat the file's top level`() throws {
        let work = try settings("work")
        #expect(work.profile == "work")
        #expect(work.database == "\(folder.path)/.local/share/convo/work.db")
        #expect(work.serverURL.description == "https://work.example")
        #expect(work.apiKeyFile == "\(folder.path)/.config/convo/work.key")
        #expect(work.sweepInterval == .seconds(60))
        let lab = try settings("lab-2")
        #expect(lab.database == "\(folder.path)/.config/convo/lab.db")
        #expect(lab.pollInterval == .seconds(7))
    }

    @Test func `takes what it leaves out from the top level, but never the database or the key`() throws {
        let empty = try settings("empty")
        #expect(empty.serverURL.description == "https://top.example")
        #expect(empty.pollInterval == .seconds(5))
        #expect(empty.conflict == .hold)
        #expect(empty.database == "\(folder.path)/.local/share/convo/empty.db")
        #expect(empty.apiKeyFile == nil)
    }

    @Test func `is none where none is named, and the tables then say nothing`() throws {
        for settings in [try settings(), try settings(nil, ["CONVO_PROFILE": ""])] {
            #expect(settings.profile == nil)
            #expect(settings.database == "\(folder.path)/.config/convo/own.db")
            #expect(settings.serverURL.description == "https://top.example")
        }
    }

    @Test func `is named by a variable, and by a flag that beats it`() throws {
        #expect(try settings(nil, ["CONVO_PROFILE": "work"]).profile == "work")
        #expect(try settings("lab-2", ["CONVO_PROFILE": "work"]).profile == "lab-2")
    }

    @Test func `gives way to variables and flags`() throws {
        let variables = ["CONVO_SERVER_URL": "https://variable.example", "CONVO_DATABASE": "/v.db"]
        let settings = try settings("work", variables, Overrides([.serverURL: "https://flag.example"]))
        #expect(settings.serverURL.description == "https://flag.example")
        #expect(settings.database == "/v.db")
    }

    @Test func `that the file does not have is an error with those that it has`() throws {
        let error = #expect(throws: ConfigurationError.self) { try settings("wrok") }
        #expect(error?.code == "no_such_profile")
        #expect(error?.description == "There is no profile wrok in \(folder.path)/.config/convo/config.toml.")
        #expect(error?.hint.hasSuffix("Known profiles: empty, lab-2, work.") == true)
    }

    @Test func `without a config file is an error too`() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try settings("work", ["XDG_CONFIG_HOME": "\(folder.path)/nothing"])
        }
        #expect(error == .noSuchProfile(name: "work", path: nil, known: []))
    }

    @Test(arguments: ["", "a b", "../x", "a/b", "é", "a.b", "Convo", String(repeating: "a", count: 65)])
    func `has a name that is safe in a path and in a unit`(name: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings(name) }
        #expect(error?.code == "unusable_value")
        #expect(error?.description.contains("--profile") == true)
    }
}
