import ConvoPlatform

/// A small file's text, owner and permissions.
struct SmallFile {
    /// The largest file, in bytes.
    ///
    /// Settings and keys are small; a larger file is the wrong one.
    static let sizeLimit = 64 << 10

    let text: String
    let owner: UInt32
    /// The permission bits.
    let mode: UInt32

    /// Reads a regular file; `nil` if there is none.
    ///
    /// Text and permissions are those of the same open file.
    ///
    /// - Throws: ``ConfigurationError/unreadableFile(path:reason:)`` for a file that exists and cannot be read, is not
    ///   a regular file, is not UTF-8 or is too large.
    static func read(_ path: String) throws(ConfigurationError) -> SmallFile? {
        // O_NONBLOCK: opening a FIFO by mistake must not wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unreadableFile(path: path, reason: lastError)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadableFile(path: path, reason: lastError) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadableFile(path: path, reason: "it is no regular file")
        }
        return SmallFile(
            text: try text(of: path, from: descriptor), owner: status.st_uid, mode: UInt32(status.st_mode & 0o7777))
    }

    private static func text(of path: String, from descriptor: Int32) throws(ConfigurationError) -> String {
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                ConvoPlatform.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .unreadableFile(path: path, reason: lastError) }
            if got == 0 { break }
            count += got
        }
        guard count <= sizeLimit else {
            throw .unreadableFile(path: path, reason: "it is larger than \(sizeLimit) bytes")
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw .unreadableFile(path: path, reason: "it is not UTF-8 text")
        }
        return text
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
