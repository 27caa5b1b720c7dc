import Glibc

extension Surroundings {
    /// A path longer than this is no working directory of ours.
    private static let pathLimit = 1 << 16

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
        var buffer = [CChar](repeating: 0, count: pathLimit)
        guard getcwd(&buffer, buffer.count) != nil else { return "/" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
