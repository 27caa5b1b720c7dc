/// One element of an answer that is not as it should be: a conversation without an id, an entry nested too deep, bytes that
/// are no text.
///
/// It spoils only itself: the elements around it are taken in, and this one is named with its place and the reason.
public struct OddItem: Hashable, Sendable {
    /// The element's index in the answer, from 0.
    public let position: Int
    /// The element's id and name, as far as they can be read.
    public let id: String?
    public let name: String?
    /// What is wrong with it: one sentence without a capital or a full stop.
    public let reason: String
    /// The element as it came; `nil` where it is too deep to keep, or is among those that were taken in.
    public let raw: JSONText?
    /// Whether it was taken in all the same, changed as ``reason`` says.
    public let isTakenIn: Bool

    public init(
        position: Int, id: String? = nil, name: String? = nil, reason: String, raw: JSONText? = nil,
        isTakenIn: Bool = false
    ) {
        self.position = position
        self.id = id
        self.name = name
        self.reason = reason
        self.raw = raw
        self.isTakenIn = isTakenIn
    }

    /// - Parameter value: what the element's id and name are read from.
    init(position: Int, of value: JSONText, reason: String, raw: JSONText? = nil, isTakenIn: Bool = false) {
        self.init(
            position: position, id: value["id"]?.label, name: value["name"]?.string, reason: reason, raw: raw,
            isTakenIn: isTakenIn)
    }
}

extension JSONText {
    /// A string or a number as text, for naming a thing whose id is of the wrong type.
    fileprivate var label: String? { string ?? (kind == .number ? text : nil) }
}
