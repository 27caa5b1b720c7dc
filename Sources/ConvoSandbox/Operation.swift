/// The API's operations by their names in the log.
public enum Operation: String, CaseIterable, Hashable, Sendable {
    case list, get, append, restart, start, delete
    case getHistory = "get_history"
    case getMessages = "get_messages"
    case startStream = "start_stream"
    case appendStream = "append_stream"
    case restartStream = "restart_stream"
    case getUser = "get_user"
    case whoAmI = "whoami"
    case downloadFile = "download_file"
    case getSignedURL = "get_signed_url"
    case deleteFile = "delete_file"

    var isRead: Bool { !isRun && self != .delete && self != .deleteFile }

    /// Whether the model answers it.
    var isRun: Bool {
        switch self {
        case .start, .append, .restart: true
        default: isStream
        }
    }

    var isStream: Bool {
        switch self {
        case .startStream, .appendStream, .restartStream: true
        default: false
        }
    }

    var readsConversations: Bool {
        switch self {
        case .list, .get, .getHistory, .getMessages: true
        default: false
        }
    }
}
