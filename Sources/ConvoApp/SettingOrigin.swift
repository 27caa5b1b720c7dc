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
