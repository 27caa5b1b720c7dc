import ConvoJSON

/// A handle by which a client goes on where a result ended.
///
/// It holds the place, and the digest of the arguments that it belongs to: a cursor of another search is refused, not mistaken.
/// To clients it is opaque. Its characters may stand in a URI, and anywhere in a text.
struct Cursor: Equatable {
    private static let version = "1"

    let place: String
    private let digest: String

    /// Makes a cursor for a place in what a tool gives for these arguments.
    init(_ place: String, of arguments: String) {
        (self.place, digest) = (place, Cursor.digest(arguments))
    }

    var text: String { Base64URL.encoded(Array("\(Cursor.version)|\(digest)|\(place)".utf8)) }

    /// Reads a cursor; `nil` where the text is none.
    init?(_ text: String) {
        guard let bytes = Base64URL.decoded(text), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let parts = text.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Cursor.version else { return nil }
        (digest, place) = (String(parts[1]), String(parts[2]))
    }

    /// Whether the cursor was made for these arguments.
    func belongs(to arguments: String) -> Bool { digest == Cursor.digest(arguments) }

    /// FNV-1a, of 32 bits: it tells arguments apart, and keeps nobody out.
    private static func digest(_ text: String) -> String {
        var hash: UInt32 = 0x811C_9DC5
        for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return String(hash, radix: 36)
    }
}

/// Base 64 for URLs, without padding (RFC 4648, section 5).
enum Base64URL {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var (result, bits, count) = ([UInt8](), UInt32(0), 0)
        for byte in bytes {
            (bits, count) = (bits << 8 | UInt32(byte), count + 8)
            while count >= 6 {
                count -= 6
                result.append(letters[Int(bits >> UInt32(count)) & 63])
            }
            bits &= 63
        }
        if count > 0 { result.append(letters[Int(bits << UInt32(6 - count)) & 63]) }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes; `nil` where the text is not what ``encoded(_:)`` makes.
    static func decoded(_ text: String) -> [UInt8]? {
        var (result, bits, count) = ([UInt8](), UInt32(0), 0)
        for byte in text.utf8 {
            guard let value = letters.firstIndex(of: byte) else { return nil }
            (bits, count) = ((bits & 0xFF) << 6 | UInt32(value), count + 6)
            guard count >= 8 else { continue }
            count -= 8
            result.append(UInt8(bits >> UInt32(count) & 0xFF))
        }
        return encoded(result) == text ? result : nil
    }
}
