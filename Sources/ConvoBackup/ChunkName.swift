import ConvoStore

/// The name of a chunk: the SHA-256 of its bytes, as 64 small hexadecimal digits.
public struct ChunkName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The digits.
    public let description: String

    /// Reads a name; `nil` for anything but 64 small hexadecimal digits.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        description = String(text)
    }

    /// The name of a chunk with these bytes.
    public init(of bytes: UnsafeRawBufferPointer) { description = SHA256.hex(bytes) }

    /// The chunk's path in the backup folder.
    public var path: String { "chunks/\(description.prefix(2))/\(description)" }

    /// Orders names by their digits.
    public static func < (left: ChunkName, right: ChunkName) -> Bool { left.description < right.description }
}
