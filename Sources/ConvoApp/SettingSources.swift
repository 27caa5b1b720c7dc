/// The places that a setting can come from, asked in their order.
struct SettingSources {
    struct SettingValue {
        let value: String
        /// Said in errors: a flag, a variable, or the file's path.
        let source: String
    }

    let file: ConfigurationFile?
    let environment: ProcessEnvironment

    func text(flag: (name: String, value: String?), variable: String, key: ConfigurationFile.Key) -> SettingValue? {
        if let value = flag.value { return SettingValue(value: value, source: flag.name) }
        if let value = environment[variable] { return SettingValue(value: value, source: variable) }
        guard let file, let value = file[key] else { return nil }
        return SettingValue(value: value, source: file.path)
    }

    /// A relative path starts at the working directory, or, in the file, at the file's folder.
    func path(
        flag: String?, variable: String?, key: ConfigurationFile.Key
    ) throws(ConfigurationError) -> String? {
        if let value = flag ?? variable.flatMap({ environment[$0] }) {
            return try environment.absolute(value, from: environment.workingDirectory)
        }
        guard let file, let value = file[key] else { return nil }
        guard !value.isEmpty else {
            throw .unusableValue(setting: key.rawValue, source: file.path, value: "", reason: "it names no file")
        }
        return try environment.absolute(value, from: file.folder)
    }
}
