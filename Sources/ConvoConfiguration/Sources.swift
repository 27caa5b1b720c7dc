/// The places that a setting can come from, asked in their order.
struct Sources {
    struct Given {
        let value: String
        /// Said in errors: a flag, a variable, or the file's path.
        let source: String
    }

    let file: ConfigurationFile?
    let surroundings: Surroundings

    func text(flag: (name: String, value: String?), variable: String, key: ConfigurationFile.Key) -> Given? {
        if let value = flag.value { return Given(value: value, source: flag.name) }
        if let value = surroundings[variable] { return Given(value: value, source: variable) }
        guard let file, let value = file[key] else { return nil }
        return Given(value: value, source: file.path)
    }

    /// A relative path starts at the working directory, or, in the file, at the file's folder.
    func path(
        flag: String?, variable: String?, key: ConfigurationFile.Key
    ) throws(ConfigurationError) -> String? {
        if let value = flag ?? variable.flatMap({ surroundings[$0] }) {
            return try surroundings.absolute(value, from: surroundings.workingDirectory)
        }
        guard let file, let value = file[key] else { return nil }
        guard !value.isEmpty else {
            throw .unusableValue(setting: key.rawValue, source: file.path, value: "", reason: "it names no file")
        }
        return try surroundings.absolute(value, from: file.folder)
    }
}
