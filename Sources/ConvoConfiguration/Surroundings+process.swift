import Glibc

extension Surroundings {
    /// Those of this process.
    public static func ofThisProcess() -> Surroundings {
        Surroundings(variables: allVariables(), workingDirectory: currentDirectory(), userID: geteuid())
    }

    private static func allVariables() -> [String: String] {
        var variables: [String: String] = [:]
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        while let line = entry.pointee {
            let text = String(cString: line)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }  // as long as it must be: glibc and macOS
        defer { free(path) }
        return String(cString: path)
    }
}
