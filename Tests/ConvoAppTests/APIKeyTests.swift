import ConvoApp
import Foundation
import TestFolders
import Testing

@Suite struct `An API key` {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func key(
        _ variables: [String: String] = [:], config: String = "", userID: UInt32 = geteuid()
    ) throws -> String? {
        let file = try folder.file("config.toml", config)
        let variables = ["HOME": folder.path].merging(variables) { $1 }
        let environment = ProcessEnvironment(variable: { variables[$0] }, workingDirectory: "/", userID: userID)
        return try Settings(overrides: Overrides(config: file), in: environment).apiKey(in: environment)?.reveal()
    }

    @Test func `comes from the environment, then its file, then systemd`() throws {
        _ = try folder.file("key", " from-file\n")
        _ = try folder.file("credentials/mistral-api-key", "from-systemd\n", mode: 0o440)
        let credentials = ["CREDENTIALS_DIRECTORY": "\(folder.path)/credentials"]
        let all = credentials.merging(["MISTRAL_API_KEY": "from-environment\n"]) { $1 }
        #expect(try key(all, config: "api_key_file = \"key\"") == "from-environment")
        #expect(try key(credentials, config: "api_key_file = \"key\"") == "from-file")
        #expect(try key(credentials) == "from-systemd")
    }

    @Test(arguments: [0o644, 0o640, 0o660, 0o700, 0o440, 0o404, 0o200, 0o500, 0o4600, 0o4400])
    func `is refused from a file that is not its owner's alone`(mode: Int) throws {
        _ = try folder.file("key", "secret-key", mode: mode)
        let error = #expect(throws: ConfigurationError.self) { try key(config: "api_key_file = \"key\"") }
        #expect(error?.code == "exposed_key_file")
        #expect(error?.description.contains("secret-key") == false)
    }

    @Test(arguments: [0o600, 0o400])
    func `is read from a file of its owner alone`(mode: Int) throws {
        _ = try folder.file("key", "secret-key\n", mode: mode)
        #expect(try key(config: "api_key_file = \"key\"") == "secret-key")
    }

    @Test(arguments: [
        "\"hunter2\"", "'hunter2'", "`hunter2`", "\u{201C}hunter2\u{201D}", "MISTRAL_API_KEY=hunter2",
        "export KEY=hunter2",
        "export KEY='hunter2'", "api_key = \"hunter2\"", "KEY= hunter2", "Bearer hunter2", "\"hunter2",
        "MISTRAL_API_KEY=hunter2==", "# key\nKEY=hunter2",
    ])
    func `that stands in another program's line is refused, with what to take away:`(_ text: String) throws {
        _ = try folder.file("key", text + "\n")
        let file = #expect(throws: ConfigurationError.self) { try key(config: "api_key_file = \"key\"") }
        let variable = #expect(throws: ConfigurationError.self) { try key(["MISTRAL_API_KEY": text]) }
        for error in [file, variable] {
            #expect(error?.code == "unusable_key")
            #expect(error?.description.contains("hunter2") == false)
            let says = error?.description.contains("stands alone") == true
            #expect(says || text.contains("\n"))
        }
    }

    @Test(arguments: ["abc123==", "abc=", "a-b_c.d", "export", "KEY"])
    func `may look like part of such a line`(_ text: String) throws {
        #expect(try key(["MISTRAL_API_KEY": text]) == text)
    }

    @Test func `is refused from a file of another user`() throws {
        _ = try folder.file("key", "secret-key")
        let error = #expect(throws: ConfigurationError.self) {
            try key(config: "api_key_file = \"key\"", userID: geteuid() + 1)
        }
        #expect(error?.code == "exposed_key_file")
    }

    @Test func `file that is named must be there`() {
        #expect(throws: ConfigurationError.missingFile(path: "\(folder.path)/key")) {
            try key(config: "api_key_file = \"key\"")
        }
    }

    @Test(arguments: [" \n", "two words", "new\nline", "caf\u{E9}", "bell\u{7}", String(repeating: "x", count: 513)])
    func `that no header can carry is refused without showing it`(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try key(["MISTRAL_API_KEY": text]) }
        #expect(error?.code == "unusable_key")
        #expect(error?.description.contains(text.trimmingCharacters(in: .whitespaces)) == false || text == " \n")
    }

    @Test func `is needed for a server elsewhere, and not for this machine's own`() throws {
        #expect(throws: ConfigurationError.noKey) { try key() }
        #expect(try key(["CONVO_SERVER_URL": "http://localhost:80"]) == nil)
    }

    @Test func `does not travel in the clear`() throws {
        let variables = ["MISTRAL_API_KEY": "k", "CONVO_SERVER_URL": "http://example.org"]
        #expect(throws: ConfigurationError.plainHTTP(url: "http://example.org")) { try key(variables) }
        #expect(try key(variables.merging(["CONVO_SERVER_URL": "http://127.1.2.3:9"]) { $1 }) == "k")
    }

    @Test func `never shows itself`() throws {
        let key = try APIKey("sesame-open", from: "test")
        var dumped = ""
        dump(key, to: &dumped)
        dump(["key": [key]], to: &dumped)
        for text in ["\(key)", String(describing: key), String(reflecting: key), "\([key])", dumped] {
            #expect(!text.contains("sesame"))
        }
    }
}
