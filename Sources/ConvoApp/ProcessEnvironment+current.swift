import Glibc

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
