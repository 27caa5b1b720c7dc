import ConvoModel
import Foundation
import TestFolders
import Testing

@testable import ConvoApp

@Suite struct `A change of the config file` {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    var path: String { "\(folder.path)/.config/convo/config.toml" }
    var text: String? { try? String(contentsOfFile: path, encoding: .utf8) }

    func edit(_ variables: [String: String] = [:]) throws -> ConfigurationEdit {
        try ConfigurationEdit(overrides: Overrides(), in: environment(variables))
    }

    func environment(_ variables: [String: String] = [:]) -> ProcessEnvironment {
        let variables = ["HOME": folder.path].merging(variables) { $1 }
        return ProcessEnvironment(variable: { variables[$0] }, workingDirectory: "/", userID: geteuid())
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `makes the file 0600 in a folder that is 0700`() throws {
        try edit().set(.model, to: "m")
        #expect(text == "model = \"m\"\n")
        #expect(try mode(path) == 0o600)
        #expect(try mode("\(folder.path)/.config/convo") == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/.config/convo") == ["config.toml"])
    }

    @Test func `loses none that is made at the same time`() throws {
        for round in 0..<20 {
            let settings: [(Setting, String)] = [
                (.model, "m\(round)"), (.pollInterval, "\(round + 1)"), (.conflict, "hold"),
            ]
            try? FileManager.default.removeItem(atPath: path)
            DispatchQueue.concurrentPerform(iterations: settings.count) { index in
                try? edit().set(settings[index].0, to: settings[index].1)
            }
            let file = try #require(try ConfigurationFile.read(path))
            #expect(settings.allSatisfy { file[$0.0] == $0.1 }, "round \(round)")
        }
    }

    @Test(arguments: [
        (Setting.pollInterval, "soon"), (.pollInterval, "0"), (.pollInterval, "99999999"), (.fileLimit, "2.5"),
        (.conflict, "perhaps"), (.serverURL, "ftp://x"), (.model, ""), (.database, ""), (.defaultProfile, "a b"),
        (.defaultProfile, "missing"), (.agent, "a"),
    ])
    func `to a value that the setting can't have is refused, and changes nothing`(setting: Setting, value: String)
        throws
    {
        let before = "# mine\nmodel = \"m\"\nconflict = \"hold\"\n"
        _ = try folder.file(".config/convo/config.toml", before)
        // A value that beats the file must not hide that it is wrong.
        let variables = ["CONVO_POLL_INTERVAL": "5", "CONVO_CONFLICT": "hold", "CONVO_SERVER_URL": "https://a.example"]
        #expect(throws: ConfigurationError.self) { try edit(variables).set(setting, to: value) }
        #expect(text == before)
    }

    @Test func `mends the setting that was wrong`() throws {
        _ = try folder.file(".config/convo/config.toml", "poll_interval = 0\nsweep_interval = 0\n")
        try edit().set(.pollInterval, to: "60")
        #expect(text == "poll_interval = 60\nsweep_interval = 0\n")
    }

    @Test(arguments: [
        "profile = { work = { model = 'a' } }\n", "profile.work.model = 'a'\n", "[profile]\nwork.model = 'a'\n",
    ])
    func `is refused where the file has another form than the editor knows`(toml: String) throws {
        _ = try folder.file(".config/convo/config.toml", toml)
        let error = #expect(throws: ConfigurationError.self) { try edit().set(.model, to: "b", in: "work") }
        #expect(error?.code == "uneditable_file")
        #expect(text == toml)
    }

    @Test func `follows a symbolic link, and leaves it one`() throws {
        let real = try folder.file("dotfiles/convo.toml", "model = 'a'\n")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/.config/convo", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: real)
        try edit().set(.model, to: "b")
        #expect(try String(contentsOfFile: real, encoding: .utf8) == "model = \"b\"\n")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == real)
    }

    @Test func `of a profile needs its table`() throws {
        _ = try folder.file(".config/convo/config.toml", "[profile.work]\n")
        try edit().set(.model, to: "m", in: "work")
        let error = #expect(throws: ConfigurationError.self) { try edit().set(.model, to: "m", in: "wrok") }
        #expect(error?.code == "no_such_profile")
        #expect(try edit().remove(.model, in: "work"))
        #expect(try !edit().remove(.model, in: "work"))
        #expect(text == "[profile.work]\n")
    }

    @Test func `tells each setting and where it comes from`() throws {
        _ = try folder.file(
            ".config/convo/config.toml",
            "default_profile = 'work'\nconflict = 'hold'\npoll_interval = 7\n[profile.work]\nmodel = 'm'\n")
        let listing = try SettingsListing(
            overrides: Overrides([.serverURL: "https://a.example/"]), in: environment(["CONVO_POLL_INTERVAL": "9"]))
        func row(_ setting: Setting) -> String {
            listing[setting].map { "\($0.value ?? "-") from \($0.origin.words)" } ?? ""
        }
        #expect(row(.defaultProfile) == "work from config file")
        #expect(row(.serverURL) == "https://a.example from --server-url")
        #expect(row(.pollInterval) == "9 from CONVO_POLL_INTERVAL")
        #expect(row(.model) == "m from [profile.work]")
        #expect(row(.conflict) == "hold from config file")
        #expect(row(.sweepInterval) == "900 from default")
        #expect(row(.agent) == "- from default")
        #expect(listing.rows.count == Setting.allCases.count)
        #expect(listing.keySource == nil)
    }
}

@Suite struct `Who answers a new conversation` {
    private func answerer(_ toml: String, _ variables: [String: String] = [:], profile: String? = nil) throws
        -> Answerer?
    {
        let file = try ConfigurationFile(path: "/c.toml", toml: toml)
        let variables = ["HOME": "/h"].merging(variables) { $1 }
        let environment = ProcessEnvironment(variable: { variables[$0] }, workingDirectory: "/", userID: 0)
        return try Settings(SettingSources(Overrides([.defaultProfile: profile]), file: file, in: environment)).answerer
    }

    @Test func `is the setting of the nearest source`() throws {
        #expect(try answerer("") == nil)
        #expect(try answerer("model = 'm'") == .model("m"))
        #expect(try answerer("model = 'm'\n[profile.w]\nagent = 'a'", profile: "w") == .agent("a"))
        #expect(try answerer("model = 'm'\n[profile.w]", profile: "w") == .model("m"))
        #expect(try answerer("model = 'm'", ["CONVO_AGENT": "a"]) == .agent("a"))
        #expect(try answerer("agent = 'a'", ["CONVO_MODEL": "m"]) == .model("m"))
    }

    @Test func `can't be two of one source, or nobody`() {
        for (toml, variables) in [
            ("model = 'm'\nagent = 'a'", [:]), ("", ["CONVO_MODEL": "m", "CONVO_AGENT": "a"]), ("model = ''", [:]),
        ] as [(String, [String: String])] {
            let error = #expect(throws: ConfigurationError.self) { try answerer(toml, variables) }
            #expect(error?.code == "unusable_value")
        }
    }

    @Test func `may depend on the default profile, which a flag and a variable beat`() throws {
        let toml = "default_profile = 'w'\nmodel = 'top'\n[profile.w]\nmodel = 'w'\n[profile.v]\nmodel = 'v'"
        #expect(try answerer(toml) == .model("w"))
        #expect(try answerer(toml, profile: "v") == .model("v"))
        #expect(try answerer(toml, ["CONVO_PROFILE": "v"]) == .model("v"))
        #expect(try answerer(toml, profile: "convo") == .model("top"))
        let error = #expect(throws: ConfigurationError.self) { try answerer("default_profile = 'gone'") }
        #expect(error?.code == "no_such_profile")
    }
}
