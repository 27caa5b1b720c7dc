/// An operation of the API; the raw value is its name in the log and in the targets of a fault.
public enum Operation: String, CaseIterable, Hashable, Sendable {
    case list, get, append, restart, start, delete
    /// `GET /v1/conversations/{id}/history`
    case getHistory = "get_history"
    /// `GET /v1/conversations/{id}/messages`
    case getMessages = "get_messages"
    /// A start whose body has `"stream": true`.
    case startStream = "start_stream"
    /// An append whose body has `"stream": true`.
    case appendStream = "append_stream"
    /// A restart whose body has `"stream": true`.
    case restartStream = "restart_stream"
    /// `GET /v1/users/me`
    case getUser = "get_user"
    /// `GET /v1/whoami`
    case whoAmI = "whoami"
    /// `GET /v1/files/{id}/content`
    case downloadFile = "download_file"
    /// `GET /v1/files/{id}/url`
    case getSignedURL = "get_signed_url"
    /// `DELETE /v1/files/{id}`
    case deleteFile = "delete_file"

    var isRead: Bool { !isRun && self != .delete && self != .deleteFile }

    /// Whether the model answers the request.
    var isRun: Bool {
        switch self {
        case .start, .append, .restart: true
        default: isStream
        }
    }

    /// Whether the answer is streamed.
    public var isStream: Bool {
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
