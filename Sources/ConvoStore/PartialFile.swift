import ConvoPlatform

/// A file that is being fetched; the lock on it is released when it is closed.
package struct PartialFile: ~Copyable {
    let descriptor: Int32
    let path: String
    let label: String
    /// How many bytes it has.
    package private(set) var size: Int

    init(descriptor: Int32, path: String, label: String, size: Int) {
        self.descriptor = descriptor
        self.path = path
        self.label = label
        self.size = size
    }

    deinit { close(descriptor) }

    /// The size of an open file; `nil` if it does not have this name any more.
    static func size(of descriptor: Int32, at path: String) -> Int? {
        var (opened, named) = (stat(), stat())
        guard fstat(descriptor, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino,
            opened.st_dev == named.st_dev
        else { return nil }
        return Int(opened.st_size)
    }

    /// Appends bytes.
    ///
    /// - Throws: ``StoreError`` if the disk is full or the file cannot be written.
    package mutating func append(_ bytes: [UInt8]) throws(StoreError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                write(descriptor, all.baseAddress?.advanced(by: written), all.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unusable(path: path, code: count < 0 ? errno : EIO) }
            written += count
            size += count
        }
    }

    /// Drops all bytes.
    ///
    /// - Throws: ``StoreError`` if the file cannot be written.
    package mutating func clear() throws(StoreError) {
        guard ftruncate(descriptor, 0) == 0 else { throw .unusable(path: path, code: errno) }
        size = 0
    }
}
