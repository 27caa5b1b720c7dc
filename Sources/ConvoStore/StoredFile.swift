public import ConvoModel

/// How far a file that an entry refers to has come.
public enum FileState: String, Sendable, Hashable, CaseIterable {
    /// It is fetched when it is due.
    case pending
    /// Its bytes are in the folder beside the database.
    case stored
    /// It is larger than the limit.
    case tooLarge = "too_large"
    /// The server does not have it, or its link has expired.
    case gone
    /// It is not fetched: ``StoredFile/reason`` says why.
    case refused
}

/// A file that an entry refers to, as the store knows it.
public struct StoredFile: Sendable, Hashable {
    /// Its number here.
    public let key: Int64
    /// The conversation that has the entry.
    public let conversation: LocalID
    /// The entry that refers to the file.
    public let entry: EntryID
    /// The id behind which the server keeps it; `nil` for what a link leads to.
    public let fileID: String?
    /// The name that the entry gives; `nil` if it gives none.
    public let name: String?
    /// The type that the entry gives; it is not always true.
    public let declaredType: String?
    /// How far it has come.
    public let state: FileState
    /// Why it is not stored, as a code: `link_expired`, `not_found`, `too_large`, `foreign_host`, `server_failed`,
    /// `not_the_api`, `unusable_link`; `nil` if nothing is wrong.
    public let reason: String?
    /// The length in bytes, once it is stored.
    public let size: Int?
    /// The type that the bytes tell, such as `image/jpeg`, once it is stored.
    public let mediaType: String?
    /// The SHA-256 of its bytes in small hexadecimal digits, once it is stored.
    public let digest: String?
    /// The path of its bytes, once it is stored.
    public let path: String?
}

/// A file that is to be fetched.
package struct DueFile: Sendable, Hashable {
    /// Its number here.
    package let key: Int64
    /// Where its bytes are.
    package let source: FileReference.Source
    /// How often it was tried.
    package let attempts: Int
    /// Whether a tool of the API's made it, so that its link leads to where the API keeps files.
    package let isMadeByTool: Bool
    /// Whether a person asked for it, so that its link may lead to any host.
    package let allowsAnyHost: Bool
}
