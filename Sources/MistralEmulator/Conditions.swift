/// The conditions under which the emulator handles one request, as a shell's faults set them; by default, none differs
/// from a server that works well.
public struct Conditions: Hashable, Sendable {
    /// The age of the state that a read shows: a replica that lags behind answers.
    public var age = Duration.zero
    /// Whether the list answers with its first page, whichever was asked for.
    public var ignoresPage = false
    /// The defect of the middle item of a list or a history; `nil` for none.
    public var oddItem: Oddity?
    /// Whether conversation objects lack `metadata`.
    public var hidesMetadata = false
    /// Whether about three of four conversations, always the same, are missing.
    public var hidesMost = false
    /// The change of the inputs' texts when they are stored; `nil` for none.
    public var storedText: InputAlteration?

    /// Makes the conditions of a server that works well.
    public init() {}
}
