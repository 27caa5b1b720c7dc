/// Why a file of conversations is not taken in.
public struct LoadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The record's place in the array, `nil` for the whole.
    public let index: Int?
    public let reason: String

    public var description: String {
        index.map { "record \($0): \(reason)" } ?? "conversations to load: \(reason)"
    }
}
