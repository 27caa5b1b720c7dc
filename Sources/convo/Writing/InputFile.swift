import ConvoStore
import ConvoTerminal
import Glibc

/// A file that a person names, or standard input.
enum InputFile {
    private static let chunk = 64 << 10

    /// The whole of it, at most what a request may hold; `-` is standard input.
    static func bytes(of path: String) throws(CLIError) -> [UInt8] {
        if path == "-" { return try bytes(from: STDIN_FILENO, named: "standard input") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, path) }
        defer { close(descriptor) }
        return try bytes(from: descriptor, named: path)
    }

    private static func bytes(from descriptor: Int32, named name: String) throws(CLIError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunk)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno, name) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= Store.requestLimit else {
                throw CLIError(
                    .badData, code: "request_too_large",
                    message: "There are more than \(Store.requestLimit) bytes in \(name).", hint: "Send it in parts.")
            }
        }
    }

    private static func failure(_ code: Int32, _ name: String) -> CLIError {
        let isMissing = code == ENOENT || code == ENOTDIR
        return CLIError(
            isMissing ? .notFound : .badData, code: isMissing ? "missing_file" : "unreadable_file",
            message: isMissing
                ? "There is no file \(name)." : "Can't read \(name): \(String(cString: strerror(code))).",
            hint: "Check the path and its permissions; - reads standard input.")
    }
}
