import ConvoPlatform

/// The environment of the process, as far as settings depend on it.
///
/// Tests create their own.
package struct ProcessEnvironment: Sendable {
    private let variable: @Sendable (String) -> String?
    /// The absolute path of the folder where relative paths of flags and variables start.
    package let workingDirectory: String
    /// The effective user id; a key file must belong to it.
    package let userID: UInt32

    /// Creates an environment.
    ///
    /// - Parameters:
    ///   - variable: returns the value of the environment variable of that name; `nil` if it is not set.
    ///   - workingDirectory: the absolute path of the working directory.
    ///   - userID: the effective user id.
    package init(variable: @escaping @Sendable (String) -> String?, workingDirectory: String, userID: UInt32) {
        self.variable = variable
        self.workingDirectory = workingDirectory
        self.userID = userID
    }

    /// The value of an environment variable; `nil` if it is not set or empty.
    ///
    /// - Parameter name: the variable's name.
    package subscript(_ name: String) -> String? {
        variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The value of the setting's environment variable; `nil` if the variable is not set or empty, or if the setting has none.
    package subscript(_ setting: Setting) -> String? { setting.variable.flatMap { self[$0] } }
}

// MARK: - Directories

extension ProcessEnvironment {
    /// `$XDG_DATA_HOME/convo`, or `~/.local/share/convo`.
    func dataDirectory() throws(ConfigurationError) -> String {
        try directory("XDG_DATA_HOME", else: ".local/share")
    }

    /// `$XDG_CONFIG_HOME/convo`, or `~/.config/convo`.
    func configDirectory() throws(ConfigurationError) -> String {
        try directory("XDG_CONFIG_HOME", else: ".config")
    }

    /// > "If an implementation encounters a relative path in any of these variables it should consider the path
    /// > invalid and ignore it." XDG Base Directory Specification 0.8
    private func directory(_ variable: String, else fallback: String) throws(ConfigurationError) -> String {
        if let path = self[variable], path.hasPrefix("/") { return "\(path)/convo" }
        return "\(try home())/\(fallback)/convo"
    }

    /// The folder in which programs keep their settings: `$XDG_CONFIG_HOME`, or `~/.config`.
    func settingsDirectory() throws(ConfigurationError) -> String {
        if let path = self["XDG_CONFIG_HOME"], path.hasPrefix("/") { return path }
        return "\(try home())/.config"
    }

    /// `$HOME`, which must be absolute.
    func home() throws(ConfigurationError) -> String {
        guard let home = self["HOME"], home.hasPrefix("/") else { throw .noHome }
        return home
    }

    /// Makes a path absolute: `~/` is the home, any other relative path starts at `base`.
    ///
    /// - Throws: ``ConfigurationError/noHome`` if the path needs `HOME` and there is none.
    func absolute(_ path: String, from base: String) throws(ConfigurationError) -> String {
        if path.hasPrefix("/") { return path }
        if path == "~" || path.hasPrefix("~/") {
            return try home() + path.dropFirst()
        }
        return base.hasSuffix("/") ? base + path : "\(base)/\(path)"
    }
}

extension ProcessEnvironment {
    /// The environment of this process.
    ///
    /// The working directory is read now, variables when they are asked for.
    ///
    /// - Returns: an environment whose working directory is `/` if the present one cannot be read.
    package static func ofThisProcess() -> ProcessEnvironment {
        ProcessEnvironment(
            variable: { name in getenv(name).map { String(cString: $0) } }, workingDirectory: currentDirectory(),
            userID: geteuid())
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }  // glibc and macOS allocate as much as the path needs
        defer { free(path) }
        return String(cString: path)
    }
}
