import ArgumentParser
import ConvoAPI
import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

struct Login: NamedVerb {
    static let name = "login"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Asks for the API key, tests it, and stores it for this account.",
        discussion: """
            The key is typed without being shown, or read from standard input; it is never on a command line. It goes into \
            a file that only you can read, which the config file then names. With --profile, it is the key of that profile, \
            which is added where it is missing.
            """.withExamples("convo login", "convo login --profile work", "convo login < key.txt"))

    @Flag(help: "Store the key without asking the server.")
    var noCheck = false

    @Flag(help: "Seal the key with systemd-creds for convod, in place of a file that can be read.")
    var systemdCreds = false

    @OptionGroup var common: CommonOptions

    func perform() async throws {
        let environment = ProcessEnvironment.ofThisProcess()
        let login = try KeyLogin(overrides: common.overrides, in: environment)
        let key = try readKey(for: login)
        let account = noCheck ? nil : try await check(key, for: login, in: environment)
        let place: String
        if systemdCreds {
            place = login.keyFile + ".cred"
            try login.makeFolder()
            try SealedKey.store(key, in: place)
        } else {
            place = login.keyFile
            try login.store(key)
        }
        try tell(login, account, place)
        try warn(login, account, environment)
    }

    private func readKey(for login: KeyLogin) throws -> APIKey {
        guard TerminalDevice.standardInput.isTerminal else {
            return try APIKey(
                String(decoding: try InputFile.bytes(of: "-"), as: UTF8.self), from: "standard input")
        }
        let profile = login.settings.profile.map { " (profile \($0))" } ?? ""
        let prompt = "API key for \(login.settings.serverURL)\(profile), not shown: ".sanitised(.line)
        let text: String
        do throws(SecretPrompt.Failure) {
            text = try SecretPrompt.ask(prompt)
        } catch {
            throw CLIError(
                .badData, code: "no_key_given", message: "No key was given.",
                hint: "Give it on standard input: convo login < FILE")
        }
        return try APIKey(text, from: "the terminal")
    }

    /// Asks the server whether it knows the key, and whose it is.
    ///
    /// - Returns: the account; without parties where the server does not tell.
    /// - Throws: ``CLIError`` where the server refuses the key, or cannot be asked; nothing is stored then.
    private func check(
        _ key: APIKey, for login: KeyLogin, in environment: ProcessEnvironment
    ) async throws -> Account {
        let api = try MistralAPI(settings: login.settings, key: key, environment: environment)
        do {
            _ = try await common.console.whileWaiting(for: "the server") {
                try await api.list(page: 0, pageSize: 1, metadata: nil)
            }
        } catch let error as APIError {
            let cause = CLIError(error)
            throw CLIError(
                cause.exitCode, code: cause.code, message: "\(cause.message) The key is not stored.",
                hint: error.isCredentialProblem
                    ? "Copy the key again from the console of the service, and run `convo login` once more."
                    : "Run `convo login` again when the server can be reached; --no-check stores the key without asking it."
            )
        }
        return (try? await api.whoAmI()) ?? Account(user: nil)
    }

    private func tell(_ login: KeyLogin, _ account: Account?, _ place: String) throws {
        let json = JSONText.object([
            "profile": .string(login.settings.profile), "server_url": .string(login.settings.serverURL.description),
            "key_file": .string(place), "checked": .bool(account != nil), "user": account?.user.json ?? .null,
            "workspace": account?.workspace.json ?? .null, "organization": account?.organization.json ?? .null,
        ])
        try common.console.print(json: json) { _ in
            var lines: [String] = []
            if let account {
                let whose = account.line.isEmpty ? "The server does not tell whose it is." : "It is \(account.line)."
                lines.append("\(login.settings.serverURL) takes the key. \(whose)")
            }
            lines.append("The key is in \(place)" + (account == nil ? ", and was not tested." : "."))
            if systemdCreds {
                lines += SealedKey.advice(place, profile: login.settings.profile)
            } else {
                let profile = login.settings.profile.map { " --profile \($0)" } ?? ""
                lines.append("Next: convo sync\(profile)")
            }
            return lines.map { $0.sanitised(.line) }
        }
    }

    /// Says what stands in the key's way: a variable that beats it, or a database of another account.
    private func warn(_ login: KeyLogin, _ account: Account?, _ environment: ProcessEnvironment) throws {
        guard !common.console.asJSON else { return }
        if environment[APIKey.variable] != nil {
            try common.console.note("\(APIKey.variable) is set in the environment, and beats this key.")
        }
        if systemdCreds, let file = login.settings.apiKeyFile {
            try common.console.note(
                "convod takes the key of \(file) as long as the configuration names it: `convo config unset api_key_file`."
            )
        }
        let database = login.settings.database
        guard access(database, F_OK) == 0, let owner = try? Store(reading: database).owner(),
            let mismatch = owner.mismatch(server: login.settings.serverURL.normalised, account: account)
        else { return }
        try common.console.note(
            "\(CLIError(mismatch).message) `convo login --profile NAME` gives this account a database of its own.")
    }
}

/// A key that systemd-creds(1) has sealed, which only convod's service can open.
enum SealedKey {
    /// Seals the key, and stores it with mode 0600.
    ///
    /// - Parameters:
    ///   - key: the key, which systemd-creds reads from its standard input.
    ///   - path: the file, which is replaced.
    /// - Throws: ``CLIError`` where systemd-creds is missing or fails; what it says is on standard error.
    static func store(_ key: APIKey, in path: String) throws {
        let mask = umask(0o077)
        defer { umask(mask) }
        guard
            let pipe = popen(
                "exec systemd-creds\(scope) encrypt --name=mistral-api-key - \(path.quotedForShell)", "w")
        else { throw failure("it could not be started") }
        let bytes = Array(key.reveal().utf8)
        let isWritten = fwrite(bytes, 1, bytes.count, pipe) == bytes.count
        let status = pclose(pipe)
        guard status != 127 << 8 else { throw failure("there is no such program here") }
        guard isWritten, status == 0 else { throw failure("it ended with an error") }
    }

    /// Root's service is one of the system's; everybody else's is one of their own manager.
    private static var scope: String { geteuid() == 0 ? "" : " --user" }

    /// What the person does so that convod gets the key.
    static func advice(_ path: String, profile: String?) -> [String] {
        let unit = profile.map { "convod@\($0)" } ?? "convod"
        return [
            "Only convod can open it. Run `systemctl\(scope) edit \(unit)`, and write below [Service]:",
            "  LoadCredentialEncrypted=mistral-api-key:\(path)",
        ]
    }

    private static func failure(_ reason: String) -> CLIError {
        CLIError(
            .configuration, code: "systemd_creds_failed", message: "systemd-creds did not seal the key: \(reason).",
            hint:
                "A key for a user's service takes systemd 256 or later. Without --systemd-creds, the key is stored in a file that only you can read."
        )
    }
}
