/// The API's operations by their names in the log.
public enum Operation: String, CaseIterable, Hashable, Sendable {
    case list, get, append, restart, start, delete
    case getHistory = "get_history"
    case getMessages = "get_messages"
    case startStream = "start_stream"
    case appendStream = "append_stream"
    case restartStream = "restart_stream"

    var isRead: Bool {
        switch self {
        case .list, .get, .getHistory, .getMessages: true
        default: false
        }
    }

    var isStream: Bool {
        switch self {
        case .startStream, .appendStream, .restartStream: true
        default: false
        }
    }
}
