import ConvoJSON
import ConvoModel

/// An element of a history that is not an entry as the API's schema has it.
package struct OddElement: Hashable, Sendable {
    package enum Kind: CaseIterable, Hashable, Sendable {
        case withoutType, notAnObject
        /// Nested more deeply than the mirror stores.
        case tooDeep
        /// With bytes that are not UTF-8.
        case brokenBytes
    }

    package let kind: Kind
    /// The index of the entry before which the element stands.
    var place: Int
    let id: EntryID

    /// The element as text; for ``Kind/brokenBytes`` as a client repairs it.
    var raw: JSONText {
        switch kind {
        case .withoutType: .stored(#"{"object":"entry","id":"\#(id)","content":"x"}"#)
        case .notAnObject: .stored("null")
        case .tooDeep:
            .stored(
                #"{"id":"\#(id)","type":"message.output","role":"assistant","content":"#
                    + String(repeating: "[", count: OddElement.depth) + String(repeating: "]", count: OddElement.depth)
                    + "}")
        case .brokenBytes:
            .stored(#"{"id":"\#(id)","type":"message.output","role":"assistant","content":"a\#(OddElement.repair)b"}"#)
        }
    }

    /// The entry that a mirror must hold for the element; `nil` where it can hold none, or none with an id.
    var mirrored: ServedEntry? {
        switch kind {
        case .withoutType, .brokenBytes: ServedEntry(id: id, inHistory: raw)
        case .notAnObject, .tooDeep: nil
        }
    }

    /// Whether the answer that contains the element can only be given as bytes.
    var needsBytes: Bool { kind == .tooDeep || kind == .brokenBytes }

    private static let depth = 600
    /// The character by which a client replaces bytes that are not UTF-8.
    private static let repair: Character = "\u{FFFD}"

    /// The answer's bytes, with a byte that is not UTF-8 for each replacement character.
    static func bytes(of answer: JSONText) -> [UInt8] {
        Array(answer.text.utf8).split(separator: Array(String(repair).utf8), omittingEmptySubsequences: false)
            .map(Array.init).joined(separator: [0xFF]).map(\.self)
    }
}
