import TOMLKit

/// The settings that one config file gives, each as text with the place that it came from.
struct ConfigurationFile {
    enum Key: String, CaseIterable {
        case database
        case serverURL = "server_url"
        case apiKeyFile = "api_key_file"
        case pollInterval = "poll_interval"
        case sweepInterval = "sweep_interval"
        case surfacing
        case conflict
    }

    let path: String
    private let values: [Key: String]

    subscript(key: Key) -> String? { values[key] }

    /// The file's folder: relative paths in it start there.
    var folder: String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// Reads the file; `nil` if there is none.
    static func read(_ path: String) throws(ConfigurationError) -> ConfigurationFile? {
        guard let file = try SmallFile.read(path) else { return nil }
        return try ConfigurationFile(path: path, toml: file.text)
    }

    /// - Throws: ``ConfigurationError`` for a text that is no TOML, a key that is no setting, a value of another type.
    init(path: String, toml: String) throws(ConfigurationError) {
        self.path = path
        let table = try ConfigurationFile.table(path: path, toml: toml)
        var values: [Key: String] = [:]
        for name in table.keys {
            guard let key = Key(rawValue: name) else {
                throw .unknownSetting(
                    name: name, path: path, line: ConfigurationFile.line(of: name, in: toml),
                    known: Key.allCases.map(\.rawValue))
            }
            values[key] = try ConfigurationFile.text(of: key, in: table, path: path)
        }
        self.values = values
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

    private static func text(of key: Key, in table: TOMLTable, path: String) throws(ConfigurationError) -> String {
        let value = table[key.rawValue]
        switch key {
        case .database, .serverURL, .apiKeyFile, .conflict:
            if let text = value?.string { return text }
        case .pollInterval, .sweepInterval, .surfacing:
            if let seconds = value?.int { return String(seconds) }
            if let seconds = value?.double { return String(seconds) }
        }
        let isNumber = [.pollInterval, .sweepInterval, .surfacing].contains(key)
        let expected = isNumber ? "a number of seconds" : "a \"text\" in quotes"
        throw .unusableValue(
            setting: key.rawValue, source: path, value: value.map { firstLine(of: $0.debugDescription) } ?? "",
            reason: "it must be \(expected)")
    }

    private static func firstLine(of text: String) -> String {
        String(text.prefix { !$0.isNewline }.prefix(200))
    }

    /// The line that names the key, for the person who looks for it; the parser does not keep it.
    private static func line(of name: String, in toml: String) -> Int? {
        let lines = toml.split(separator: "\n", omittingEmptySubsequences: false)
        let place = lines.firstIndex { line in
            let start = line.drop { $0 == " " || $0 == "\t" || $0 == "[" || $0 == "\"" || $0 == "'" }
            guard start.hasPrefix(name) else { return false }
            return start.dropFirst(name.count).first.map { " \t=]\"'.".contains($0) } ?? true
        }
        return place.map { $0 + 1 }
    }
}
