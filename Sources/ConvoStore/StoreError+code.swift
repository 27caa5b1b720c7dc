extension StoreError {
    /// A short word for programs, which stays the same from version to version: `no_such_conversation`, `disk_full`.
    public var code: String {
        switch self {
        case .noSuchConversation: "no_such_conversation"
        case .ambiguousConversation: "ambiguous_conversation"
        case .noSuchEntry: "no_such_entry"
        case .noSuchFile: "no_such_file"
        case .noSuchOperation: "no_such_operation"
        case .ambiguousOperation: "ambiguous_operation"
        case .deletedRemotely: "deleted_remotely"
        case .localOnly: "local_only"
        case .accountBefore: "account_before"
        case .unansweredCalls: "unanswered_calls"
        case .pendingWrites: "pending_writes"
        case .wrongState: "wrong_state"
        case .requestTooLarge: "request_too_large"
        case .invalidRequest: "invalid_request"
        case .invalidName: "invalid_name"
        case .invalidTag: "invalid_tag"
        case .unreadableMoment: "unreadable_moment"
        case .newerSchema: "newer_database"
        case .newerIndex: "newer_index"
        case .olderSchema: "older_database"
        case .zstandardMissing: "zstandard_missing"
        case .hardLinked: "hard_linked"
        case .replaced: "database_replaced"
        case .notOurs: "not_a_convo_database"
        case .corrupt: "corrupt_database"
        case .notWritable: "not_writable"
        case .diskFull: "disk_full"
        case .busy: "busy"
        case .unexpected: "database_failed"
        }
    }
}
