import ConvoModel

/// An element of a history that is not an entry as the API promises.
package struct OddElement: Hashable, Sendable {
    package enum Kind: CaseIterable, Hashable, Sendable {
        case withoutType, notAnObject
        /// Deeper than a value that is kept may be.
        case tooDeep
        /// It has bytes that are not UTF-8.
        case brokenBytes
    }

    package let kind: Kind
    /// Before which of the entries it stands.
    let place: Int
    let id: EntryID

    /// As text; of ``Kind/brokenBytes`` as a client repairs it.
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

    /// What a mirror must hold of it; `nil` where it can hold nothing, or nothing that has an id.
    var mirrored: ServedEntry? {
        switch kind {
        case .withoutType, .brokenBytes: ServedEntry(id: id, type: .unknown, inHistory: raw)
        case .notAnObject, .tooDeep: nil
        }
    }

    /// Whether only the bytes of the answer that it is in can say it.
    var needsBytes: Bool { kind == .tooDeep || kind == .brokenBytes }

    private static let depth = 600
    /// What stands where bytes are not UTF-8, once they are repaired.
    private static let repair: Character = "\u{FFFD}"

    /// An answer's bytes: with one that is not UTF-8 in each place that a client must repair.
    static func bytes(of answer: JSONText) -> [UInt8] {
        Array(answer.text.utf8).split(separator: Array(String(repair).utf8), omittingEmptySubsequences: false)
            .map(Array.init).joined(separator: [0xFF]).map(\.self)
    }
}
