#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why the sandbox's state cannot be kept.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    case inUse(path: String)
    case unreadable(line: Int, path: String)
    case failed(_ step: String, path: String, errno: Int32)

    public var description: String {
        switch self {
        case .inUse(let path): "\(path) is in use by another sandbox"
        case .unreadable(let line, let path): "\(path) is no sandbox database: line \(line) cannot be read"
        case .failed(let step, let path, let errno): "cannot \(step) \(path): \(String(cString: strerror(errno)))"
        }
    }
}
