import Glibc

/// What the process was started with, as far as settings depend on it; tests make one up.
public struct ProcessEnvironment: Sendable {
    private let variable: @Sendable (String) -> String?
    /// Where relative paths of flags and variables start.
    public let workingDirectory: String
    /// Who must own a key file.
    public let userID: UInt32

    /// - Parameter variable: the value of the environment's variable of that name.
    public init(variable: @escaping @Sendable (String) -> String?, workingDirectory: String, userID: UInt32) {
        self.variable = variable
        self.workingDirectory = workingDirectory
        self.userID = userID
    }

    /// A variable's value; an empty one counts as not set.
    public subscript(_ name: String) -> String? {
        variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }
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
        guard let home = self["HOME"], home.hasPrefix("/") else { throw .noHome }
        return "\(home)/\(fallback)/convo"
    }

    /// A path made absolute: `~/` is the home, anything else relative starts at `base`.
    func absolute(_ path: String, from base: String) throws(ConfigurationError) -> String {
        if path.hasPrefix("/") { return path }
        if path == "~" || path.hasPrefix("~/") {
            guard let home = self["HOME"] else { throw .noHome }
            return home + path.dropFirst()
        }
        return base.hasSuffix("/") ? base + path : "\(base)/\(path)"
    }
}

extension ProcessEnvironment {
    /// Those of this process.
    public static func ofThisProcess() -> ProcessEnvironment {
        ProcessEnvironment(
            variable: { name in getenv(name).map { String(cString: $0) } }, workingDirectory: currentDirectory(),
            userID: geteuid())
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }  // as long as it must be: glibc and macOS
        defer { free(path) }
        return String(cString: path)
    }
}
