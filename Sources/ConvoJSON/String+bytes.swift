extension String {
    /// Whether both have the same bytes of UTF-8.
    ///
    /// Swift's own `==` compares by canonical equivalence: "é" as one scalar (NFC) equals "é" as two (NFD). A mirror
    /// has to tell them apart, because the server does.
    package func hasSameBytes(as other: String) -> Bool {
        let same = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { theirs in
                mine.count == theirs.count && mine.elementsEqual(theirs)
            }
        }
        return (same ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

extension String? {
    /// Whether both are `nil`, or both have the same bytes of UTF-8.
    package func hasSameBytes(as other: String?) -> Bool {
        switch (self, other) {
        case (let one?, let other?): one.hasSameBytes(as: other)
        case (nil, nil): true
        default: false
        }
    }
}

/// A text as the key of a dictionary or the member of a set, compared by its bytes.
package struct TextBytes: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (one: TextBytes, other: TextBytes) -> Bool { one.text.hasSameBytes(as: other.text) }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
