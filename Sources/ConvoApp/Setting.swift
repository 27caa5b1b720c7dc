/// A setting that a person gives by a flag, in the environment or in the config file.
///
/// The raw value is its name in the config file.
package enum Setting: String, CaseIterable, Sendable {
    case defaultProfile = "default_profile"
    case database
    case serverURL = "server_url"
    case apiKeyFile = "api_key_file"
    case model
    case agent
    case pollInterval = "poll_interval"
    case sweepInterval = "sweep_interval"
    case surfacing
    case conflict
    case fileLimit = "file_limit"
    case fileQuota = "file_quota"
    case listen
    case offlineWrites = "offline_writes"
    case endpointPatience = "endpoint_patience"

    /// The form of the setting's value in a config file.
    enum Form {
        case text
        /// A number of seconds, with or without a fraction.
        case seconds
        /// A whole number of MiB.
        case mebibytes
    }

    /// The settings that decide which account is used.
    ///
    /// A profile takes them from its own table alone, so that two profiles never share a database or a key.
    static let ofOneAccount: Set<Setting> = [.database, .apiKeyFile, .listen]

    /// The environment variable that gives the setting; `nil` if there is none.
    package var variable: String? {
        switch self {
        case .defaultProfile: "CONVO_PROFILE"
        case .database: "CONVO_DATABASE"
        case .serverURL: "CONVO_SERVER_URL"
        case .apiKeyFile: nil
        case .model: "CONVO_MODEL"
        case .agent: "CONVO_AGENT"
        case .pollInterval: "CONVO_POLL_INTERVAL"
        case .sweepInterval: "CONVO_SWEEP_INTERVAL"
        case .surfacing: "CONVO_SURFACING"
        case .conflict: "CONVO_CONFLICT"
        case .fileLimit: "CONVO_FILE_LIMIT"
        case .fileQuota: "CONVO_FILE_QUOTA"
        case .listen: "CONVO_LISTEN"
        case .offlineWrites: "CONVO_OFFLINE_WRITES"
        case .endpointPatience: "CONVO_ENDPOINT_PATIENCE"
        }
    }

    /// The flag that gives the setting, with its dashes; empty if there is none.
    package var flag: String {
        switch self {
        case .defaultProfile: "--profile"
        case .database: "--database"
        case .serverURL: "--server-url"
        case .pollInterval: "--poll-interval"
        case .sweepInterval: "--sweep-interval"
        case .model: "--model"
        case .agent: "--agent"
        case .listen: "--listen"
        case .offlineWrites: "--offline-writes"
        case .apiKeyFile, .surfacing, .conflict, .fileLimit, .fileQuota, .endpointPatience: ""
        }
    }

    /// The effect of the setting, in a few words for a person.
    package var summary: String {
        switch self {
        case .defaultProfile: "The profile where --profile and CONVO_PROFILE name none."
        case .database: "The database file."
        case .serverURL: "The API's server."
        case .apiKeyFile: "The file with the API key, mode 0600."
        case .model: "The model of `convo start` without --model and --agent."
        case .agent: "The agent of `convo start` without --model and --agent."
        case .pollInterval: "Seconds between two looks at the first page of the list."
        case .sweepInterval: "Seconds between two sweeps of all pages."
        case .surfacing: "Seconds in which a write whose answer was lost may still appear."
        case .conflict: "What becomes of a message when another writer was faster: append, branch or hold."
        case .fileLimit: "The largest file that is fetched, in MiB; 0: none."
        case .fileQuota: "All fetched files together, in MiB."
        case .listen: "Where convod offers the API to your programs: 127.0.0.1:PORT, unix:/PATH or off."
        case .offlineWrites: "What the endpoint does with a write while the server can't be reached: queue or fail."
        case .endpointPatience:
            "Seconds that the endpoint's clients wait for the outcome of a write whose answer was lost."
        }
    }

    var form: Form {
        switch self {
        case .defaultProfile, .database, .serverURL, .apiKeyFile, .model, .agent, .conflict, .listen, .offlineWrites:
            .text
        case .pollInterval, .sweepInterval, .surfacing, .endpointPatience: .seconds
        case .fileLimit, .fileQuota: .mebibytes
        }
    }
}

extension Setting {
    /// Finds the setting of a name that a person gives.
    ///
    /// - Parameter name: a name of the config file; dashes count as underscores.
    /// - Throws: ``ConfigurationError/noSuchSetting(name:known:)``, with the nearest name as its hint.
    package init(named name: String) throws(ConfigurationError) {
        guard let setting = Setting(rawValue: String(name.map { $0 == "-" ? "_" : $0 })) else {
            throw .noSuchSetting(name: String(name.prefix(60)), known: Setting.allCases.map(\.rawValue))
        }
        self = setting
    }
}

/// The source of a setting's value.
package enum SettingOrigin: Hashable, Sendable {
    /// A flag of the command line, named with its dashes.
    case flag(String)
    /// An environment variable.
    case environment(String)
    /// The profile's own table in the config file.
    case profile(String, file: String)
    /// The top level of the config file.
    case file(String)
    /// Nothing gives it.
    case `default`

    /// The flag, the variable or the file's path, for errors.
    var source: String {
        switch self {
        case .flag(let name), .environment(let name): name
        case .profile(_, let file), .file(let file): file
        case .default: "the default"
        }
    }

    /// The origin for a person.
    package var words: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): name
        case .profile(let name, _): "[profile.\(name)]"
        case .file: "config file"
        case .default: "default"
        }
    }

    /// The origin's kind for programs, in one word.
    package var kind: String {
        switch self {
        case .flag: "flag"
        case .environment: "environment"
        case .profile: "profile"
        case .file: "file"
        case .default: "default"
        }
    }

    /// Whether the config file gives it.
    var isInFile: Bool {
        switch self {
        case .profile, .file: true
        case .flag, .environment, .default: false
        }
    }

    /// The lower, the sooner it counts.
    var rank: Int {
        switch self {
        case .flag: 0
        case .environment: 1
        case .profile: 2
        case .file: 3
        case .default: 4
        }
    }
}
