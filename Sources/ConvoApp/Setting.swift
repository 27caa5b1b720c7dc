import ConvoStore
import ConvoSync

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

    /// The form that a setting's value must have.
    enum Form {
        case text
        /// One of some words.
        case choice([String], default: String)
        /// A number of seconds, with or without a fraction.
        case seconds(ClosedRange<Double>, default: Double)
        /// A whole number of MiB, up to ``mebibytesAllowed``.
        case mebibytes(default: Int)

        static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ choice: Choice) -> Form {
            .choice(Choice.allCases.map(\.rawValue), default: choice.rawValue)
        }
    }

    /// The largest number of MiB that a setting may have.
    static let mebibytesAllowed = 1 << 20

    /// All that is said of a setting in one place: a new one needs its case, its row here, and a member of ``Settings``.
    private struct Definition {
        let form: Form
        var variable: String?
        var flag = ""
        let summary: String
    }

    private var definition: Definition {
        switch self {
        case .defaultProfile:
            Definition(
                form: .text, variable: "CONVO_PROFILE", flag: "--profile",
                summary: "The profile where --profile and CONVO_PROFILE name none.")
        case .database:
            Definition(form: .text, variable: "CONVO_DATABASE", flag: "--database", summary: "The database file.")
        case .serverURL:
            Definition(form: .text, variable: "CONVO_SERVER_URL", flag: "--server-url", summary: "The API's server.")
        case .apiKeyFile: Definition(form: .text, summary: "The file with the API key, mode 0600.")
        case .model:
            Definition(
                form: .text, variable: "CONVO_MODEL", flag: "--model",
                summary: "The model of `convo start` without --model and --agent.")
        case .agent:
            Definition(
                form: .text, variable: "CONVO_AGENT", flag: "--agent",
                summary: "The agent of `convo start` without --model and --agent.")
        case .pollInterval:
            Definition(
                form: .seconds(1...86_400, default: 30), variable: "CONVO_POLL_INTERVAL", flag: "--poll-interval",
                summary: "Seconds between two looks at the first page of the list.")
        case .sweepInterval:
            Definition(
                form: .seconds(1...2_592_000, default: 900), variable: "CONVO_SWEEP_INTERVAL", flag: "--sweep-interval",
                summary: "Seconds between two sweeps of all pages.")
        case .surfacing:
            Definition(
                form: .seconds(0...3600, default: SyncLimits().surfacing / .seconds(1)), variable: "CONVO_SURFACING",
                summary: "Seconds in which a write whose answer was lost may still appear.")
        case .conflict:
            Definition(
                form: .choice(ConflictPolicy.append), variable: "CONVO_CONFLICT",
                summary: "What becomes of a message when another writer was faster: append, branch or hold.")
        case .fileLimit:
            Definition(
                form: .mebibytes(default: FileLimits().size >> 20), variable: "CONVO_FILE_LIMIT",
                summary: "The largest file that is fetched, in MiB; 0: none.")
        case .fileQuota:
            Definition(
                form: .mebibytes(default: FileLimits().quota >> 20), variable: "CONVO_FILE_QUOTA",
                summary: "All fetched files together, in MiB.")
        case .listen:
            Definition(
                form: .text, variable: "CONVO_LISTEN", flag: "--listen",
                summary: "Where convod offers the API to your programs: 127.0.0.1:PORT, unix:/PATH or off.")
        case .offlineWrites:
            Definition(
                form: .choice(OfflineWrites.queue), variable: "CONVO_OFFLINE_WRITES", flag: "--offline-writes",
                summary: "What the endpoint does with a write while the server can't be reached: queue or fail.")
        case .endpointPatience:
            // The default is shorter than the time that SDKs wait.
            Definition(
                form: .seconds(0...3600, default: 60), variable: "CONVO_ENDPOINT_PATIENCE",
                summary: "Seconds that the endpoint's clients wait for the outcome of a write whose answer was lost.")
        }
    }

    var form: Form { definition.form }
    /// The environment variable that gives the setting; `nil` if there is none.
    package var variable: String? { definition.variable }
    /// The flag that gives the setting, with its dashes; empty if there is none.
    package var flag: String { definition.flag }
    /// The effect of the setting, in a few words for a person.
    package var summary: String { definition.summary }

    /// The settings that decide which account is used.
    ///
    /// A profile takes them from its own table alone, so that two profiles never share a database or a key.
    static let ofOneAccount: Set<Setting> = [.database, .apiKeyFile, .listen]
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
