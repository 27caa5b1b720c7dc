import ConvoPlatform

/// An open file, which is closed with this value.
final class OpenFile {
    let path: String
    let descriptor: Int32

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Whether the file still has the name under which it was opened; another process may have renamed or removed it.
    var hasItsName: Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev
            && opened.st_ino == named.st_ino
    }

    /// Reads up to the end of the buffer or of the file.
    ///
    /// - Returns: how many bytes were read.
    func read(into bytes: inout [UInt8], at offset: Int64) throws(BackupError) -> Int {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset) + off_t(done))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .refused(path, errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes all bytes.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(BackupError) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.baseAddress.map { $0 + done }
            let count = pwrite(descriptor, rest, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .refused(path, count == 0 ? ENOSPC : errno) }
            done += count
        }
    }

    /// Waits until the disk has the file.
    func sync() throws(BackupError) {
        guard DiskSync.file(descriptor) == 0 else { throw .refused(path, errno) }
    }
}
