/// One element of a list that cannot be taken in: a conversation without an id, an entry nested too deep.
///
/// It spoils only itself: the elements around it are taken in, and this one is set aside with its place and the reason.
public struct OddItem: Hashable, Sendable {
    /// The element's index in the answer, from 0.
    public let position: Int
    /// The element's id and name, as far as they can be read.
    public let id: String?
    public let name: String?
    /// Why it cannot be taken in: one sentence without a capital or a full stop.
    public let reason: String
    /// The element as it came; `nil` where it is too large or too deep to keep.
    public let raw: JSONText?

    public init(position: Int, id: String? = nil, name: String? = nil, reason: String, raw: JSONText? = nil) {
        self.position = position
        self.id = id
        self.name = name
        self.reason = reason
        self.raw = raw
    }

    init(position: Int, raw: JSONText, reason: String) {
        self.init(position: position, id: raw["id"]?.label, name: raw["name"]?.string, reason: reason, raw: raw)
    }
}

extension JSONText {
    /// A string or a number as text, for naming a thing whose id is of the wrong type.
    fileprivate var label: String? { string ?? (kind == .number ? text : nil) }
}
