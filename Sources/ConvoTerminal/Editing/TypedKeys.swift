import ConvoPlatform

/// The keys that were typed and not read yet, decoded from UTF-8; a byte that is no part of a character is left out.
struct TypedKeys {
    private static let chunk = 4096

    private var bytes: [UInt8] = []
    private var place = 0

    /// The bytes that wait.
    var waiting: ArraySlice<UInt8> { bytes[place...] }

    /// Whether no key waits.
    var isEmpty: Bool { place == bytes.count }

    /// Puts keys before those that wait, as if a person had pressed them first.
    mutating func press(_ keys: UnsafePointer<CChar>?) {
        if let keys { bytes.insert(contentsOf: String(cString: keys).utf8, at: place) }
    }

    /// Puts bytes behind the others.
    mutating func add(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Drops the first bytes of those that wait.
    mutating func drop(_ count: Int) { place += count }

    /// Takes the next character; `nil` where none has come whole.
    mutating func next() -> Unicode.Scalar? {
        while place < bytes.count {
            let length = TypedKeys.length(bytes[place])
            guard place + length <= bytes.count else { break }
            let character = bytes[place..<(place + length)]
            if let text = String(validating: character, as: UTF8.self), let scalar = text.unicodeScalars.first {
                place += length
                return scalar
            }
            place += 1
        }
        if place == bytes.count { (bytes, place) = ([], 0) }
        return nil
    }

    /// Reads the bytes that have come.
    ///
    /// - Returns: `false` where no more can come.
    mutating func fill(from descriptor: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: TypedKeys.chunk)
        let count = ConvoPlatform.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return count < 0 && (errno == EINTR || errno == EAGAIN) }
        add(buffer[..<count])
        return true
    }

    /// The length of the character that begins with a byte; 1 for one that begins none.
    private static func length(_ first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }
}
