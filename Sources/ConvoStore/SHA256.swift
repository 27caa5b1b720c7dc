import CSHA256

/// SHA-256 (FIPS 180-4), written as sha256sum(1) writes it: 64 small hexadecimal digits.
package enum SHA256 {
    /// The digest of bytes that come one piece after the other.
    package struct Hasher {
        private var state = convo_sha256_state()

        package init() { convo_sha256_begin(&state) }

        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            convo_sha256_take(&state, bytes.baseAddress, bytes.count)
        }

        package consuming func hex() -> String {
            var digest = [UInt8](repeating: 0, count: 32)
            convo_sha256_end(&state, &digest)
            var text: [UInt8] = []
            text.reserveCapacity(64)
            for byte in digest {
                text.append(SHA256.digits[Int(byte >> 4)])
                text.append(SHA256.digits[Int(byte & 15)])
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    package static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        var hasher = Hasher()
        hasher.update(bytes)
        return hasher.hex()
    }

    /// The digest of a text's UTF-8 bytes.
    package static func hex(_ text: String) -> String { Array(text.utf8).withUnsafeBytes(hex) }
}

/// The digest by which the database recognises an API key: SHA-256 of the salt, a zero byte and the key.
///
/// The key itself is never stored. It has more random bits than an attacker can try, so a fast digest is enough.
enum KeyDigest {
    static func hex(of key: String, salt: String) -> String {
        (Array(salt.utf8) + [0] + Array(key.utf8)).withUnsafeBytes(SHA256.hex)
    }
}
