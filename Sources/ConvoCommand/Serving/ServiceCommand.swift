import ArgumentParser
import ConvoApp
import ConvoPlatform
import ConvoStore
import ConvoTerminal

struct ServiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Lets systemd run convod: from your login on, or from the machine's start.",
        discussion: """
            convo service install            # write the unit, start it, and let it start by itself
            convo service install --linger   # also while you are logged out
            convo service logs -f            # what it says
            """,
        subcommands: [
            Install.self, Start.self, Stop.self, Restart.self, Status.self, Logs.self, Uninstall.self,
        ])

    struct Install: Verb {
        static let configuration = CommandConfiguration(
            commandName: "install", abstract: "Puts the service in place, and starts it.",
            discussion: """
                It uses the convod beside this convo, and the settings that count here: those of flags and variables are noted \
                for the service, which does not see your shell's. Run it again when they have changed.

                A user's services run from the first login to the last logout; --linger lets them run from the machine's start, \
                and `convo service uninstall` takes that back. With --system, the machine's own service manager runs convod \
                for a user: sudo convo service install --system
                """.withExamples("convo service install", "convo service install --linger"))

        @Flag(inversion: .prefixedNo, help: "Whether it runs while you are logged out. (default: as it is now)")
        var linger: Bool?

        @OptionGroup var options: ServiceOptions

        func run() throws {
            let console = options.common.console
            let installation = try options.installation()
            let settings = try options.settings(of: installation.user)
            try ServiceKey.check(settings, options.environment(of: installation.user), installation)
            let program = try ServiceProgram.path()
            let (additions, withPassword) = UnitAdditions.of(options, installation.user, settings)
            for name in withPassword {
                try console.note(
                    "\(name) has a password in it, which a unit would show to everybody: the service goes without. systemctl edit sets it."
                )
            }
            try makeFolder(additions.wanted.folder, installation.user)
            let lingers = try linger ?? ask(installation)
            let report = try installation.install(program: program, additions, lingers: lingers)
            try console.print(
                json: .object([
                    "unit": .string(installation.unit.service), "done": .array(report.lines.map { .string($0) }),
                    "lingering": report.isLingering.map { .bool($0) } ?? .null,
                ])
            ) { _ in
                report.lines + (report.isLingering == false ? [Install.lingering] : [])
                    + ["`convo service status` shows what it does, `convo service logs` what it says."]
            }
        }

        private static let lingering =
            "It runs from your first login to your last logout. From the machine's start on: convo service install --linger"

        /// The folder of the database, which the service itself may not make.
        private func makeFolder(_ folder: String, _ owner: SystemUser) throws {
            guard !options.system else { return }  // the unit makes it as the user
            try UnitFolder.makeFolders(above: folder + "/", mode: 0o755)
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw CLIError.output(folder, errno) }
        }

        /// Asks a person whether the service shall linger; nobody is asked in a script.
        private func ask(_ installation: ServiceInstallation) throws -> Bool? {
            guard !options.system, !options.common.json, TerminalDevice.standardInput.isTerminal,
                TerminalDevice.standardError.isTerminal,
                installation.systemd.isLingering(installation.user.name) == false
            else { return nil }
            try TerminalDevice.standardError.write(
                "A service of yours runs while you are logged in. Shall it run while you are logged out, too? [y/N] ")
            return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
        }
    }

    struct Start: Verb {
        static let configuration = CommandConfiguration(
            commandName: "start", abstract: "Starts the service, also one that has failed too often.",
            discussion: "".withExamples("convo service start"))
        @OptionGroup var options: ServiceOptions
        func run() throws { try ServiceCommand.change("start", options) }
    }

    struct Stop: Verb {
        static let configuration = CommandConfiguration(
            commandName: "stop", abstract: "Stops the service, until the next login or start.",
            discussion: "".withExamples("convo service stop"))
        @OptionGroup var options: ServiceOptions
        func run() throws { try ServiceCommand.change("stop", options) }
    }

    struct Restart: Verb {
        static let configuration = CommandConfiguration(
            commandName: "restart", abstract: "Stops the service and starts it.",
            discussion: "".withExamples("convo service restart"))
        @OptionGroup var options: ServiceOptions
        func run() throws { try ServiceCommand.change("restart", options) }
    }

    struct Status: Verb {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "Whether the service runs, what it does, and what waits.",
            discussion:
                "It ends with 0 where the service runs, 75 where it is stopped, 66 where there is none, and with the reason's code where it has failed."
                .withExamples("convo service status --json")
        )
        @OptionGroup var options: ServiceOptions

        func run() throws {
            let report = try ServiceReport.make(options)
            try options.common.console.print(json: report.json) { report.lines($0) }
            if !report.state.isActive { throw ExitCode(report.exitCode.rawValue) }
        }
    }

    struct Logs: Verb {
        static let configuration = CommandConfiguration(
            commandName: "logs", abstract: "What the service has said, from the journal.",
            discussion: "".withExamples("convo service logs --follow"))

        @Flag(name: .shortAndLong, help: "Go on with what it says from now on.")
        var follow = false

        @Option(name: [.customShort("n"), .long], help: ArgumentHelp("The newest lines.", valueName: "number"))
        var lines = 100

        @OptionGroup var options: ServiceOptions

        func run() throws {
            guard (0...1_000_000).contains(lines) else {
                throw ValidationError("--lines is a number from 0 to 1000000, not \(lines).")
            }
            let unit = try options.unit(try options.owner())
            let format = options.common.json ? ["--output=json"] : []
            let arguments = Systemd.journal(unit, lines: lines, follows: follow) + format + ["--quiet"]
            _ = ChildProcess.replace(by: "journalctl", arguments)
            throw Systemd.absent
        }
    }

    struct Uninstall: Verb {
        static let configuration = CommandConfiguration(
            commandName: "uninstall", abstract: "Stops the service and removes what the installation has written.",
            discussion:
                "The conversations and the configuration stay. Lingering is switched off if the installation had switched it on."
                .withExamples("convo service uninstall")
        )
        @OptionGroup var options: ServiceOptions

        func run() throws {
            let installation = try options.installation()
            let report = try installation.uninstall()
            try options.common.console.print(
                json: .object([
                    "unit": .string(installation.unit.service), "done": .array(report.lines.map { .string($0) }),
                ])
            ) { _ in report.lines }
        }
    }

    private static func change(_ verb: String, _ options: ServiceOptions) throws {
        let installation = try options.installation()
        let state = try installation.change(verb)
        try options.common.console.print(
            json: .object(["unit": .string(installation.unit.service), "state": .string(state.name)])
        ) { _ in ["\(installation.unit.service): \(state.words)"] }
    }
}

/// The convod that a service runs.
enum ServiceProgram {
    /// The absolute path of the convod beside this program.
    static func path() throws -> String {
        guard let own = OwnProgram.path, let slash = own.lastIndex(of: "/") else {
            throw CLIError(
                .internal, code: "no_path", message: "The system does not tell where this program is.",
                hint: "Write the unit by hand: the repository's systemd/ has it.")
        }
        let path = own[..<slash] + "/convod"
        guard access(String(path), X_OK) == 0 else {
            throw CLIError(
                .configuration, code: "no_convod", message: "There is no convod beside this convo (\(path)).",
                hint: "Install both into one folder: make install does.")
        }
        return String(path)
    }
}

/// The key, as a service would find it.
enum ServiceKey {
    /// Makes sure that the service has a key: it does not see `MISTRAL_API_KEY` of a shell.
    ///
    /// A unit that is there may give it a credential.
    static func check(_ settings: Settings, _ environment: ProcessEnvironment, _ installation: ServiceInstallation)
        throws
    {
        let service = ProcessEnvironment(
            variable: { [APIKey.variable, "CREDENTIALS_DIRECTORY"].contains($0) ? nil : environment[$0] },
            workingDirectory: environment.workingDirectory, userID: environment.userID)
        do throws(ConfigurationError) {
            _ = try settings.apiKey(in: service)
        } catch .noKey {
            let shown = try installation.systemd.control([
                "show", installation.unit.service, "--property=LoadCredential,LoadCredentialEncrypted,SetCredential",
            ])
            guard !shown.output.contains("mistral-api-key") else { return }
            throw CLIError(
                .configuration, code: "no_key",
                message: environment[APIKey.variable] == nil
                    ? "There is no API key for the service."
                    : "The service would have no API key: it does not see the \(APIKey.variable) of your shell.",
                hint: "`convo login` keeps the key in a file (api_key_file), which the service reads.")
        }
    }
}
