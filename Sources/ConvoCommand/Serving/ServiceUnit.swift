import ConvoPlatform

/// One convod that systemd runs: whose manager, and under which name.
struct ServiceUnit: Equatable {
    /// Whose service manager runs it.
    enum Scope: Equatable {
        /// The user's own.
        case user
        /// The machine's, for a user.
        case system(SystemUser)
    }

    let scope: Scope
    /// The profile whose settings it uses; `nil` for those of the config file's top level.
    let profile: String?

    /// The unit's name without the ending: `convod`, `convod@PROFILE`, `convod@USER`.
    var name: String {
        switch scope {
        case .user: profile.map { "convod@\($0)" } ?? "convod"
        case .system(let user): "convod@\(user.name)"
        }
    }

    var service: String { name + ".service" }
    /// The unit that starts the service when something waits.
    var path: String { name + ".path" }
    var isSystem: Bool { scope != .user }

    /// The name of the unit's file without the ending: that of the template for a profile or a user.
    var fileName: String { name.contains("@") ? "convod@" : "convod" }

    /// The folder for units that a person has put in place.
    ///
    /// - Parameter configuration: the user's configuration folder (`$XDG_CONFIG_HOME` or `~/.config`).
    /// - Returns: the folder's absolute path.
    func folder(configuration: String) -> String {
        isSystem ? "/etc/systemd/system" : configuration + "/systemd/user"
    }
}

/// The texts of units, and of what is added to them.
enum UnitText {
    /// The first line of each file that `convo service install` writes: no other one is replaced or removed.
    static let mark = "# Written by `convo service install`; `convo service uninstall` removes it."
    /// The line that says that the installation has switched lingering on.
    static let lingeringMark = "# It has switched lingering on, and switches it off again."

    /// The text of a service's unit.
    ///
    /// - Parameters:
    ///   - unit: which service.
    ///   - program: the absolute path of convod.
    /// - Returns: the whole file.
    static func service(_ unit: ServiceUnit, program: String) -> String {
        let place = unit.isSystem ? "/usr/bin/convod" : "%h/.local/bin/convod"
        return text(unit, "service").split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("Exec"), let equals = line.firstIndex(of: "=") else { return String(line) }
            let value = line[line.index(after: equals)...]
            guard value.hasPrefix(place) else { return String(line) }
            return line[...equals] + executable(program) + value.dropFirst(place.count)
        }.joined(separator: "\n")
    }

    /// The text of the unit that starts a service when something waits.
    static func path(_ unit: ServiceUnit) -> String { text(unit, "path") }

    private static func text(_ unit: ServiceUnit, _ kind: String) -> String {
        let bytes =
            switch (unit.scope, unit.profile, kind) {
            case (.system, _, "service"): PackageResources.system_service
            case (.system, _, _): PackageResources.system_path
            case (.user, nil, "service"): PackageResources.user_service
            case (.user, nil, _): PackageResources.user_path
            case (.user, _, "service"): PackageResources.profile_service
            case (.user, _, _): PackageResources.profile_path
            }
        return mark + "\n" + String(decoding: bytes, as: UTF8.self)
    }

    /// A program's path as systemd reads it in a command: what means something to it is escaped, and quotes are around it
    /// where it has white space.
    static func executable(_ path: String) -> String {
        let escaped = value(path).replacing("$", with: "$$")
        return path.contains(where: \.isWhitespace) ? quoted(path).replacing("$", with: "$$") : escaped
    }

    /// A value that is one word or one path to systemd: `%` begins no specifier.
    static func value(_ text: String) -> String { text.replacing("%", with: "%%") }

    /// A word of a list, in quotes, for white space in it.
    static func quoted(_ text: String) -> String {
        "\"" + value(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

extension String {
    /// The text with each occurrence of a character's replaced, without Foundation.
    fileprivate func replacing(_ character: Character, with text: String) -> String {
        reduce(into: "") { $0 += $1 == character ? text : String($1) }
    }
}
