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
    ///
    /// - Parameters:
    ///   - setting: the setting.
    ///   - given: the text of the source that gives it; `nil` if none does.
    /// - Returns: the value; `nil` where nothing gives one and there is no default.
    fileprivate func value(of setting: Setting, given: String?) -> String? {
        switch setting {
        case .defaultProfile: return profile
        case .database: return database
        case .serverURL: return serverURL.description
        case .apiKeyFile: return apiKeyFile
        case .listen: return listen.map(\.description) ?? "off"
        default: break  // the text itself, which was checked
        }
        return switch setting.form {
        case .text: given
        case .choice(_, let usual): given ?? usual
        case .seconds(_, let usual): Settings.number(given.flatMap(Double.init) ?? usual)
        case .mebibytes(let usual): String(given.flatMap(Int.init) ?? usual)
        }
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }

    /// Where the API key would be read from.
    fileprivate func keySource(in environment: ProcessEnvironment) -> String? {
        if environment[APIKey.variable] != nil { return APIKey.variable }
        if let apiKeyFile { return apiKeyFile }
        return environment["CREDENTIALS_DIRECTORY"].map { _ in "the systemd credential \(Settings.credentialName)" }
    }
}
