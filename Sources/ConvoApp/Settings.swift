package import ConvoAPI
package import ConvoIPC
package import ConvoStore
package import ConvoSync

/// The settings in force: a flag takes precedence over the environment, that over the config file, and that over the
/// default.
///
/// The API key is not among them, so that every command that needs no server works without one. See ``apiKey(in:)``.
package struct Settings: Sendable {
    /// The URL of Mistral's own server.
    package static let defaultServer = "https://api.mistral.ai"
    /// The environment variable that names the config file.
    package static let fileVariable = "CONVO_CONFIG"
    /// The name of no profile: `--profile convo` means the settings of the file's top level, whatever profile is the default.
    package static let noProfile = Profile.reserved
    /// The profile whose settings these are; `nil` for those of the file's top level.
    package let profile: String?
    /// The absolute path of the database.
    package let database: String
    /// The server that the engine works with.
    package let serverURL: ServerURL
    /// Who answers a conversation for which `convo start` names neither a model nor an agent; `nil` if nothing says so.
    package let answerer: Answerer?
    /// The time between two reads of the first page of the list.
    package let pollInterval: Duration
    /// The time between two sweeps of all pages.
    package let sweepInterval: Duration
    /// How long a write whose answer was lost may still appear on the server.
    package let surfacing: Duration
    /// The policy for queued appends if another writer was faster, in conversations without a policy of their own.
    package let conflict: ConflictPolicy
    /// How much is fetched of the files that entries refer to.
    package let files: FileLimits
    /// Where convod offers the API to programs of this machine; `nil`: nowhere.
    package let listen: LocalAddress?
    /// What the endpoint does with a write while the server cannot be reached.
    package let offlineWrites: OfflineWrites
    /// How long the endpoint's clients wait for the outcome of a write whose answer was lost.
    package let endpointPatience: Duration
    /// The absolute path of the config file that was read; `nil` if there is none.
    package let configFile: String?
    /// The absolute path of the key file; `nil` if the config file names none.
    package let apiKeyFile: String?

    /// Finds all settings.
    ///
    /// Reads the config file, and no other.
    ///
    /// A missing config file is an error only if a flag or a variable names it. A profile needs a table of its name in
    /// the file, so that a mistyped name does not make a new database.
    ///
    /// - Parameters:
    ///   - overrides: the settings of the command line.
    ///   - environment: the environment that has the variables.
    /// - Throws: ``ConfigurationError``, which names the setting, its source, and what to do.
    package init(overrides: Overrides, in environment: ProcessEnvironment) throws(ConfigurationError) {
        try self.init(SettingSources(overrides, in: environment))
    }

    /// Reads each setting from the first source that has it, and checks it.
    init(_ source: SettingSources) throws(ConfigurationError) {
        profile = source.profile
        configFile = source.file?.path
        apiKeyFile = try source.path(.apiKeyFile)
        if let given = try source.path(.database) {
            database = given
        } else {
            database = try source.environment.dataDirectory() + "/\(profile ?? "convo").db"
        }
        serverURL = try Settings.server(source)
        answerer = try Answerer(model: source.text(.model), agent: source.text(.agent))
        pollInterval = try source.duration(.pollInterval)
        sweepInterval = try source.duration(.sweepInterval)
        surfacing = try source.duration(.surfacing)
        conflict = try source.choice(.conflict)
        var files = FileLimits()
        files.size = try source.bytes(.fileLimit)
        files.quota = try source.bytes(.fileQuota)
        self.files = files
        listen = try Settings.address(source)
        offlineWrites = try source.choice(.offlineWrites)
        endpointPatience = try source.duration(.endpointPatience)
    }

    private static func address(_ source: SettingSources) throws(ConfigurationError) -> LocalAddress? {
        guard let given = source.text(.listen), given.value != "off" else { return nil }
        guard let address = LocalAddress(given.value, takesAnyPort: true) else {
            throw source.unusable(
                .listen, "it must be 127.0.0.1:PORT, [::1]:PORT, unix:/PATH (an absolute path) or off")
        }
        return address
    }

    private static func server(_ source: SettingSources) throws(ConfigurationError) -> ServerURL {
        do {
            return try ServerURL(source.text(.serverURL)?.value ?? defaultServer)
        } catch {
            throw source.unusable(.serverURL, error.reason)
        }
    }

    /// The value for an error, cut to a limit.
    ///
    /// A URL may contain a password before an `@`: that part is left out.
    static func shown(_ value: String) -> String {
        guard let at = value.lastIndex(of: "@") else { return String(value.prefix(200)) }
        return "…" + value[at...].prefix(200)
    }
}

/// Who answers a new conversation.
package enum Answerer: Hashable, Sendable {
    case model(String)
    case agent(String)

    /// Takes the one of two settings that is given; of both, the one from the source that takes precedence.
    ///
    /// - Throws: ``ConfigurationError/unusableValue(setting:source:value:reason:)`` if one source gives both, or a value
    ///   is empty.
    init?(
        model: SettingSources.SettingValue?, agent: SettingSources.SettingValue?
    ) throws(ConfigurationError) {
        for (setting, given) in [(Setting.model, model), (.agent, agent)] where given?.value.isEmpty == true {
            throw .unusableValue(
                setting: setting.rawValue, source: given?.source ?? "", value: "", reason: "it names nobody")
        }
        switch (model, agent) {
        case (nil, nil): return nil
        case (let model?, nil): self = .model(model.value)
        case (nil, let agent?): self = .agent(agent.value)
        case (let model?, let agent?):
            guard model.origin.rank != agent.origin.rank else {
                throw .unusableValue(
                    setting: "agent", source: agent.source, value: Settings.shown(agent.value),
                    reason: "model is set there too, and one of the two answers")
            }
            self = model.origin.rank < agent.origin.rank ? .model(model.value) : .agent(agent.value)
        }
    }
}
