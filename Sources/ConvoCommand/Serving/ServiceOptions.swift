import ArgumentParser
import ConvoAPI
import ConvoApp
import ConvoPlatform
import ConvoTerminal

/// The options of each verb about the service: which one is meant.
struct ServiceOptions: ParsableArguments {
    @Flag(help: "A service of the machine's, which runs for a user from the machine's start. It takes root.")
    var system = false

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("With --system: for whom; otherwise whoever called sudo.", valueName: "user"))
    var user: String?

    @OptionGroup var common: CommonOptions

    /// The user whose service is meant, and whose settings count.
    func owner() throws -> SystemUser {
        if system {
            guard let name = user ?? ProcessEnvironment.ofThisProcess()["SUDO_USER"] else {
                throw CLIError(
                    .usage, code: "usage", message: "For whom is the service of the machine's to run?",
                    hint: "Name the user: --for USER")
            }
            guard let found = SystemUser(named: name) else {
                throw CLIError(.usage, code: "usage", message: "There is no user \(name).", hint: "Check the name.")
            }
            return found
        }
        guard user == nil else {
            throw CLIError(
                .usage, code: "usage", message: "--for goes with --system.",
                hint: "Your own services are yours alone; --system installs one for another user.")
        }
        guard let found = SystemUser(id: getuid()) else {
            throw CLIError(
                .configuration, code: "no_user", message: "The system knows no user with the number \(getuid()).",
                hint: "A service needs a user: add one, and run this as that user.")
        }
        return found
    }

    /// The environment that the service's settings are read in: that of this process, or only the home of another user.
    func environment(of owner: SystemUser) -> ProcessEnvironment {
        guard system else { return .ofThisProcess() }
        return ProcessEnvironment(
            variable: { $0 == "HOME" ? owner.home : nil }, workingDirectory: "/", userID: owner.id)
    }

    func settings(of owner: SystemUser) throws -> Settings {
        try Settings(overrides: common.overrides, in: environment(of: owner))
    }

    /// The service, which has the name of the profile or the user.
    ///
    /// Settings that can't be used are no obstacle: a service that has failed because of them must be seen and stopped.
    func unit(_ owner: SystemUser) throws -> ServiceUnit {
        let profile =
            (try? settings(of: owner)).map(\.profile) ?? common.profile ?? environment(of: owner)[.defaultProfile]
        guard system else { return ServiceUnit(scope: .user, profile: profile) }
        guard profile == nil else {
            throw CLIError(
                .usage, code: "usage",
                message: "A service of the machine's has no profile: it runs one convod for each user.",
                hint: "Leave --system out: a user's own services may have one for each profile.")
        }
        return ServiceUnit(scope: .system(owner), profile: nil)
    }

    /// What there is of the service, for a verb that only looks at it, or one that changes it.
    func installation(isChanged: Bool = true) throws -> ServiceInstallation {
        let owner = try owner()
        guard !system || !isChanged || geteuid() == 0 else {
            throw CLIError(
                .usage, code: "not_root", message: "Only root may change the services of the machine.",
                hint: "Run it with sudo; without --system, a service of your own needs no root.")
        }
        Systemd.findRuntimeFolder()
        return try ServiceInstallation(try unit(owner), Systemd(isSystem: system), user: owner)
    }
}

extension UnitAdditions {
    /// What a service needs to have the settings that this command has.
    ///
    /// - Parameters:
    ///   - options: the command's options.
    ///   - owner: the user whose service it is.
    ///   - settings: the settings that the options lead to.
    /// - Returns: the additions, and the variables that were left out because they hold a password.
    static func of(
        _ options: ServiceOptions, _ owner: SystemUser, _ settings: Settings
    ) -> (additions: UnitAdditions, withPassword: [String]) {
        let environment = options.environment(of: owner)
        var explicit: [(name: String, value: String)] = []
        func add(_ variable: String?, _ flag: String?, _ value: String?) {
            guard let variable, let value, flag != nil || environment[variable] != nil else { return }
            explicit.append((variable, value))
        }
        add(Setting.database.variable, options.common.database, settings.database)
        add(Setting.serverURL.variable, options.common.serverURL, settings.serverURL.description)
        add(Settings.fileVariable, options.common.config, settings.configFile)
        let (variables, withPassword) = variables(in: { environment[$0] }, explicit: explicit)
        // The unit of the machine's can't ask where a home is.
        let home = options.system ? "/home/\(owner.name)" : owner.home
        let known = Places(home: home, profile: settings.profile)
        let standard = Places(home: owner.home, profile: settings.profile)
        let wanted = Places(
            database: settings.database, configuration: settings.configFile ?? standard.configuration,
            key: settings.apiKeyFile ?? standard.key)
        return (UnitAdditions(known: known, wanted: wanted, variables: variables), withPassword)
    }
}
