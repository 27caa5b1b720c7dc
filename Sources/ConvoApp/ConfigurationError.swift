import ConvoTerminal

/// Why the settings cannot be used.
///
/// Every case has one sentence and one hint; none shows a key.
package enum ConfigurationError: Error, Hashable, Sendable {
    /// Neither an XDG variable nor `HOME` tells where files belong.
    case noHome
    /// The config file or the key file that was named does not exist.
    case missingFile(path: String)
    /// A config or key file exists and cannot be read.
    ///
    /// `reason`: the end of a sentence.
    case unreadableFile(path: String, reason: String)
    /// The config file is not TOML.
    ///
    /// Line and column count from 1.
    case syntax(path: String, line: Int, column: Int, reason: String)
    /// The config file has a key that is not a setting.
    ///
    /// `line`: counted from 1, `nil` if it was not found; `known`: the names of all settings.
    case unknownSetting(name: String, path: String, line: Int?, known: [String])
    /// A person names a setting that does not exist.
    ///
    /// `known`: the names of all settings.
    case noSuchSetting(name: String, known: [String])
    /// A setting has no value, and no default.
    case notSet(name: String)
    /// A person gives a setting a value that it cannot have; nothing was written.
    case refusedValue(setting: String, value: String, reason: String)
    /// The config file cannot be changed.
    ///
    /// `reason`: the end of a sentence.
    case unwritableFile(path: String, reason: String)
    /// The config file is written in a form that is not changed without its other settings, such as an inline table.
    case uneditable(path: String)
    /// The config file has no table for the profile.
    ///
    /// `path`: the config file, `nil` if there is none; `known`: the profiles that it has.
    case noSuchProfile(name: String, path: String?, known: [String])
    /// A setting cannot have this value.
    ///
    /// `source`: the flag, variable or file that gave it.
    case unusableValue(setting: String, source: String, value: String, reason: String)
    /// The key file belongs to another user, or its mode is neither 0600 nor 0400.
    case exposedKeyFile(path: String, reason: String)
    /// The key cannot be sent as it is.
    ///
    /// `source`: the variable or file that gave it.
    case unusableKey(source: String, reason: String)
    /// There is no key, and the server is not on this machine.
    case noKey
    /// The key would travel unencrypted to another machine.
    case plainHTTP(url: String)

    /// `EX_CONFIG` of sysexits(3).
    package static let exitCode: Int32 = 78

    /// A stable name for programs, in snake case.
    package var code: String {
        switch self {
        case .noHome: "no_home"
        case .missingFile: "missing_file"
        case .unreadableFile: "unreadable_file"
        case .syntax: "syntax"
        case .unknownSetting: "unknown_setting"
        case .noSuchSetting: "no_such_setting"
        case .notSet: "not_set"
        case .refusedValue: "unusable_value"
        case .unwritableFile: "unwritable_file"
        case .uneditable: "uneditable_file"
        case .noSuchProfile: "no_such_profile"
        case .unusableValue: "unusable_value"
        case .exposedKeyFile: "exposed_key_file"
        case .unusableKey: "unusable_key"
        case .noKey: "no_key"
        case .plainHTTP: "plain_http"
        }
    }

    /// The advice to the person, in one sentence or command.
    package var hint: String {
        switch self {
        case .noHome: "Set HOME, or name the database with --database."
        case .missingFile: "Check the path, or leave --config and CONVO_CONFIG away to use the defaults."
        case .unreadableFile(let path, _): "Check its permissions: ls -l \(path)"
        case .syntax: "The file is TOML: setting = \"value\", one to a line."
        case .unknownSetting(let name, _, _, let known), .noSuchSetting(let name, let known):
            (Suggestion.nearest(to: name, among: known).map { "Did you mean \($0)? " } ?? "")
                + "Known settings: \(known.joined(separator: ", "))."
        case .refusedValue: "The config file is as it was."
        case .notSet(let name): "Give it a value: convo config set \(name) VALUE"
        case .unwritableFile(let path, _): "Check its permissions, and those of its folder: ls -ld \(path)"
        case .uneditable(let path):
            "Change \(path) in an editor: one setting to a line, those of a profile below [profile.NAME]."
        case .noSuchProfile(let name, _, let known):
            "Add a table [profile.\(name)] to the config file; it may be empty."
                + (known.isEmpty ? "" : " Known profiles: \(known.joined(separator: ", ")).")
        case .unusableValue(let setting, let source, _, _): "Change \(setting) in \(source), or take it out."
        case .exposedKeyFile(let path, _): "Run: chown \"$USER\" \(path) && chmod 600 \(path)"
        case .unusableKey: "Copy the key again from the console of the service."
        case .noKey:
            "Run `convo login`; or set MISTRAL_API_KEY, or name a file with mode 0600 or 0400 as api_key_file in the config file; a profile needs one in its own table."
        case .plainHTTP: "Use https://, or leave the key away; plain http with a key is for loopback only."
        }
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// The error, in one sentence.
    ///
    /// Contains no key.
    package var description: String {
        switch self {
        case .noHome: "HOME is not set, so there is no place for the database."
        case .missingFile(let path): "There is no file \(path)."
        case .unreadableFile(let path, let reason): "Can't read \(path): \(reason)."
        case .syntax(let path, let line, let column, let reason): "\(path):\(line):\(column): \(reason)."
        case .unknownSetting(let name, let path, let line, _):
            "\(path)\(line.map { ":\($0)" } ?? ""): there is no setting \(name)."
        case .noSuchSetting(let name, _): "There is no setting \(name)."
        case .notSet(let name): "\(name) is not set."
        case .refusedValue(let setting, let value, let reason): "\(setting) can't be \"\(value)\": \(reason)."
        case .unwritableFile(let path, let reason): "Can't write \(path): \(reason)."
        case .uneditable(let path): "\(path) is written in a form that convo does not change by itself."
        case .noSuchProfile(let name, let path, _):
            "There is no profile \(name)\(path.map { " in \($0)" } ?? ": there is no config file")."
        case .unusableValue(let setting, let source, let value, let reason):
            "\(setting) from \(source) can't be \"\(value)\": \(reason)."
        case .exposedKeyFile(let path, let reason): "The key file \(path) is refused: \(reason)."
        case .unusableKey(let source, let reason): "The API key from \(source) can't be used: \(reason)."
        case .noKey: "There is no API key."
        case .plainHTTP(let url): "The API key is not sent to \(url): the connection would not be encrypted."
        }
    }
}
