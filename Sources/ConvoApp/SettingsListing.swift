import ConvoAPI
import ConvoIPC
import ConvoStore
import ConvoSync

/// Each setting with its value and the source that gives it.
///
/// The API key is not a setting: of it, only the source is told.
package struct SettingsListing: Sendable {
    /// A setting as it is in force.
    package struct Row: Sendable {
        package let setting: Setting
        /// The value as its source gives it, paths made absolute; `nil` where nothing gives one and there is no default.
        package let value: String?
        package let origin: SettingOrigin
    }

    /// Every setting, in the order of the README.
    package let rows: [Row]
    /// The profile in force; `nil` if none is.
    package let profile: String?
    /// The source of the API key: a variable, the path of a file, or a credential; `nil` where there is none.
    package let keySource: String?

    /// Finds every setting and checks it.
    ///
    /// - Parameters:
    ///   - overrides: the settings of the command line.
    ///   - environment: the environment that has the variables.
    /// - Throws: ``ConfigurationError``, as ``Settings`` does.
    package init(overrides: Overrides, in environment: ProcessEnvironment) throws(ConfigurationError) {
        let source = try SettingSources(overrides, in: environment)
        let settings = try Settings(source)
        profile = settings.profile
        rows = Setting.allCases.map { setting in
            let given = source.text(setting)
            return Row(
                setting: setting, value: settings.value(of: setting, given: given?.value),
                origin: given?.origin ?? .default)
        }
        keySource = settings.keySource(in: environment)
    }

    /// A setting's row.
    ///
    /// - Parameter setting: the setting.
    package subscript(setting: Setting) -> Row? { rows.first { $0.setting == setting } }
}

extension Settings {
    /// The value in force as a config file would give it.
    fileprivate func value(of setting: Setting, given: String?) -> String? {
        switch setting {
        case .defaultProfile: profile
        case .database: database
        case .serverURL: serverURL.description
        case .apiKeyFile: apiKeyFile
        case .model, .agent: given
        case .pollInterval: Settings.seconds(pollInterval)
        case .sweepInterval: Settings.seconds(sweepInterval)
        case .surfacing: Settings.seconds(surfacing)
        case .conflict: conflict.rawValue
        case .fileLimit: String(files.size >> 20)
        case .fileQuota: String(files.quota >> 20)
        case .listen: listen.map(\.description) ?? "off"
        case .offlineWrites: offlineWrites.rawValue
        case .endpointPatience: Settings.seconds(endpointPatience)
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        return seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
    }

    /// Where the API key would be read from.
    fileprivate func keySource(in environment: ProcessEnvironment) -> String? {
        if environment[APIKey.variable] != nil { return APIKey.variable }
        if let apiKeyFile { return apiKeyFile }
        return environment["CREDENTIALS_DIRECTORY"].map { _ in "the systemd credential \(Settings.credentialName)" }
    }
}
