import TOMLKit

/// The settings that one config file gives, each as text.
struct ConfigurationFile {
    private static let profiles = "profile"

    let path: String
    /// The settings of the file's top level, or of the selected profile.
    private let values: [Setting: String]
    /// The settings of each profile's own table.
    private let tables: [String: [Setting: String]]

    /// The profile that was selected, and the settings that its own table has; `nil` if none was.
    private let selected: (profile: String, own: Set<Setting>)?

    subscript(key: Setting) -> String? { values[key] }

    /// The part of the file that gives a setting: the selected profile's table, or the top level.
    func origin(of key: Setting) -> SettingOrigin {
        guard let selected, selected.own.contains(key) else { return .file(path) }
        return .profile(selected.profile, file: path)
    }

    /// The profiles' names in alphabetical order.
    var profileNames: [String] { tables.keys.sorted() }

    /// The file's folder, where relative paths in it start.
    var folder: String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// Reads the file; `nil` if there is none.
    static func read(_ path: String) throws(ConfigurationError) -> ConfigurationFile? {
        guard let file = try SmallFile.read(path) else { return nil }
        return try ConfigurationFile(path: path, toml: file.text)
    }

    /// Reads settings from a text.
    ///
    /// - Throws: ``ConfigurationError`` for a text that is not TOML, a key that is not a setting, or a value of another
    ///   type.
    init(path: String, toml: String) throws(ConfigurationError) {
        self.path = path
        let table = try ConfigurationFile.table(path: path, toml: toml)
        values = try ConfigurationFile.values(of: table, path: path, toml: toml)
        tables = try ConfigurationFile.tables(in: table, path: path, toml: toml)
        selected = nil
    }

    /// A file with these settings alone.
    init(
        path: String, values: [Setting: String], tables: [String: [Setting: String]] = [:],
        selected: (profile: String, own: Set<Setting>)? = nil
    ) {
        self.path = path
        self.values = values
        self.tables = tables
        self.selected = selected
    }

    /// The settings of a profile's own table; `nil` for the top level.
    func table(of profile: String?) -> [Setting: String]? { profile.map { tables[$0] } ?? values }

    /// This file with a profile that has an empty table, if it has none of that name.
    func adding(profile: String?) -> ConfigurationFile {
        guard let profile, tables[profile] == nil else { return self }
        return ConfigurationFile(path: path, values: values, tables: tables.merging([profile: [:]]) { $1 })
    }

    /// The settings of a profile: those of its own table, and from the file's top level those that it leaves out.
    ///
    /// - Throws: ``ConfigurationError/noSuchProfile(name:path:known:)``.
    func selecting(profile name: String) throws(ConfigurationError) -> ConfigurationFile {
        guard let own = tables[name] else { throw .noSuchProfile(name: name, path: path, known: profileNames) }
        let shared = values.filter { !Setting.ofOneAccount.contains($0.key) }
        return ConfigurationFile(
            path: path, values: shared.merging(own) { $1 }, selected: (name, Set(own.keys)))
    }

    /// The settings of a table.
    ///
    /// - Parameters:
    ///   - table: the table.
    ///   - profile: the profile whose table it is; `nil` for the top level.
    ///   - path: the file's path, for errors.
    ///   - toml: the file's text, for the line in errors.
    /// - Returns: each setting's value as text.
    /// - Throws: ``ConfigurationError`` for a key that is not a setting, or a value of another type.
    private static func values(
        of table: TOMLTable, profile: String? = nil, path: String, toml: String
    ) throws(ConfigurationError) -> [Setting: String] {
        var values: [Setting: String] = [:]
        for name in table.keys where profile != nil || name != profiles {
            guard let key = Setting(rawValue: name), profile == nil || key != .defaultProfile else {
                throw .unknownSetting(
                    name: name, path: path, line: line(of: name, profile: profile, in: toml),
                    known: Setting.allCases.filter { profile == nil || $0 != .defaultProfile }.map(\.rawValue))
            }
            values[key] = try text(of: key, in: table, path: path)
        }
        return values
    }

    private static func tables(
        in table: TOMLTable, path: String, toml: String
    ) throws(ConfigurationError) -> [String: [Setting: String]] {
        guard let value = table[profiles] else { return [:] }
        guard let parent = value.table else {
            throw .unusableValue(
                setting: profiles, source: path, value: firstLine(of: value.debugDescription),
                reason: "it must be a table for each profile: [profile.NAME]; default_profile names the one to use")
        }
        var tables: [String: [Setting: String]] = [:]
        for name in parent.keys {
            guard let own = parent[name]?.table else {
                throw .unusableValue(
                    setting: profiles, source: path, value: name,
                    reason: "settings of a profile stand below a line [profile.NAME]")
            }
            try Profile.check(name, from: path)
            tables[name] = try values(of: own, profile: name, path: path, toml: toml)
        }
        return tables
    }

    private static func table(path: String, toml: String) throws(ConfigurationError) -> TOMLTable {
        do {
            return try TOMLTable(string: toml)
        } catch let error as TOMLParseError {
            throw .syntax(
                path: path, line: error.source.begin.line, column: error.source.begin.column,
                reason: firstLine(of: error.description))
        } catch {
            throw .unreadableFile(path: path, reason: "it is not TOML")
        }
    }

    private static func text(of key: Setting, in table: TOMLTable, path: String) throws(ConfigurationError) -> String {
        let value = table[key.rawValue]
        switch key.form {
        case .text, .choice:
            if let text = value?.string { return text }
        case .seconds:
            if let seconds = value?.int { return String(seconds) }
            if let seconds = value?.double { return String(seconds) }
        case .mebibytes:
            if let mebibytes = value?.int { return String(mebibytes) }
        }
        let expected =
            switch key.form {
            case .seconds: "a number of seconds"
            case .mebibytes: "a whole number of MiB"
            case .text, .choice: "a \"text\" in quotes"
            }
        throw .unusableValue(
            setting: key.rawValue, source: path,
            value: value.map { firstLine(of: $0.string ?? $0.debugDescription) } ?? "",
            reason: "it must be \(expected)")
    }

    private static func firstLine(of text: String) -> String {
        String(text.prefix { !$0.isNewline }.prefix(200))
    }

    /// The number of the line that has the key, from 1, for the error; the parser does not give it.
    ///
    /// `nil` if it is not found.
    private static func line(of name: String, profile: String?, in toml: String) -> Int? {
        let lines = toml.split(separator: "\n", omittingEmptySubsequences: false)
        let header = profile.flatMap { profile in
            lines.firstIndex { line in
                line.first { $0 != " " && $0 != "\t" } == "["
                    && line.filter { !" \t\"'".contains($0) }.hasPrefix("[profile.\(profile)]")
            }
        }
        let place = lines[(header ?? 0)...].firstIndex { line in
            let start = line.drop { $0 == " " || $0 == "\t" || $0 == "[" || $0 == "\"" || $0 == "'" }
            guard start.hasPrefix(name) else { return false }
            return start.dropFirst(name.count).first.map { " \t=]\"'.".contains($0) } ?? true
        }
        return place.map { $0 + 1 }
    }
}
