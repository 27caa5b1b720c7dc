/// The digest by which the database recognises an API key: SHA-256 of the salt, a zero byte and the key.
///
/// The key itself is never stored. It has more random bits than an attacker can try, so a fast digest is enough.
enum KeyDigest {
    static func hex(of key: String, salt: String) -> String {
        (Array(salt.utf8) + [0] + Array(key.utf8)).withUnsafeBytes(SHA256.hex)
    }
}
