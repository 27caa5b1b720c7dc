import ConvoIPC
import ConvoPlatform
import ConvoSync
import Synchronization

/// The token by which the local endpoint knows this user's programs: 25 random bytes behind ``prefix``, in a file beside the database that only the
/// user can read.
package struct EndpointToken: Sendable {
    /// The number of random bytes: with the prefix, 40 characters, which the narrowest terminal shows in one row.
    private static let size = 25
    /// The beginning of each token. A key of the API does not begin so: convo and convod tell the two apart, and send the server no
    /// token.
    private static let prefix = "convo_"

    /// The file.
    package let path: String

    /// Finds the token's place; reads nothing.
    ///
    /// - Parameter database: the path of the profile's database.
    package init(database: String) { path = DatabaseFile.canonicalPath(of: database) + ".endpoint-token" }

    /// Reads the token; makes one at its first use.
    ///
    /// Where several processes make the token at once, one of them succeeds, and all use the token that it made.
    ///
    /// - Throws: ``ConfigurationError`` if the file cannot be used, or others could read it.
    package func read() throws(ConfigurationError) -> String {
        if let token = try present() { return token }
        let draft = "\(path).\(getpid()).first"
        defer { unlink(draft) }
        try SmallFile.write(EndpointToken.make() + "\n", to: draft)
        guard link(draft, path) == 0 || errno == EEXIST else {
            throw .unwritableFile(path: path, reason: String(cString: strerror(errno)))
        }
        guard let token = try present() else { throw .missingFile(path: path) }
        return token
    }

    /// Makes another token: no program is admitted with the one before any more.
    ///
    /// - Returns: the new token.
    /// - Throws: ``ConfigurationError`` if the file cannot be written; the token before stays then.
    package func renew() throws(ConfigurationError) -> String {
        let token = EndpointToken.make()
        try SmallFile.write(token + "\n", to: path)
        return token
    }

    /// The token, if there is one.
    func present() throws(ConfigurationError) -> String? {
        guard let file = try SmallFile.read(path) else { return nil }
        guard file.mode & 0o077 == 0 else {
            throw .exposedKeyFile(path: path, reason: "its mode is 0\(String(file.mode, radix: 8)), and must be 0600")
        }
        let token = file.text.filter { !$0.isWhitespace }
        guard token.utf8.count >= EndpointToken.size else {
            throw .unreadableFile(
                path: path, reason: "there is no token in it; `convo endpoint token --renew` makes one")
        }
        return token
    }

    /// Whether a text that was given for a key is a token, of whichever profile.
    static func isToken(_ text: String) -> Bool { text.hasPrefix(prefix) }

    /// Random bytes as base64url without padding (RFC 4648, 5).
    private static func make() -> String { prefix + draw() }

    private static func draw() -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        var (text, bits, count) = ([UInt8](), 0, 0)
        for byte in bytes {
            (bits, count) = (bits << 8 | Int(byte), count + 8)
            while count >= 6 {
                count -= 6
                text.append(alphabet[bits >> count & 63])
            }
            bits &= (1 << count) - 1
        }
        if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Gives the token of each request its due: reads the file again when it has changed, so that a renewed token counts at once.
package final class CurrentEndpointToken: Sendable {
    private struct Version: Equatable {
        let inode: UInt64
        let changedAt: Int64
    }

    private let token: EndpointToken
    private let known = Mutex<(version: Version, text: String?)?>(nil)

    /// Reads nothing before it is asked.
    package init(_ token: EndpointToken) { self.token = token }

    /// The token that counts now; `nil` if there is none that can be used, so that nobody is admitted.
    package var text: String? {
        let version = version()
        if let known = known.withLock(\.self), let version, known.version == version { return known.text }
        let text = try? token.read()
        if let version = self.version() { known.withLock { $0 = (version, text) } }
        return text
    }

    private func version() -> Version? {
        var status = stat()
        guard stat(token.path, &status) == 0 else { return nil }
        return Version(
            inode: UInt64(status.st_ino),
            changedAt: Int64(status.modified.tv_sec) * 1_000_000_000 + Int64(status.modified.tv_nsec))
    }
}
