/// How a command ended, in the numbers of sysexits(3).
public enum ExitCode: Int32, Sendable {
    case done = 0
    case usage = 64
    case badData = 65
    /// No such conversation, entry or file.
    case notFound = 66
    case unreachable = 69
    case `internal` = 70
    case diskError = 74
    /// Nothing is lost; something stays queued.
    case tryLater = 75
    case credentialsRefused = 77
    case configuration = 78
}
