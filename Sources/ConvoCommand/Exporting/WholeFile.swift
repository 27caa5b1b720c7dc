import ConvoApp
import ConvoPlatform
import ConvoTerminal

/// The names in a folder.
enum FolderListing {
    /// The names, in no order, those of hidden files included; empty if the folder cannot be read.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// A file that is read as a whole.
enum WholeFile {
    private static let chunk = 1 << 20

    /// The bytes of a plain file, or of what `-` stands for: standard input.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: the most bytes that it may have.
    /// - Returns: all its bytes.
    /// - Throws: ``CLIError`` if it is missing, no plain file, larger, or cannot be read.
    static func bytes(of path: String, limit: Int) throws(CLIError) -> [UInt8] {
        // O_NONBLOCK: opening a FIFO by mistake must not wait for its writer.
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .input(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .input(path, errno) }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        guard isFile || path == "-" else { throw .input(path, status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL) }
        if isFile, status.st_size > limit { throw .input(path, EFBIG) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(isFile ? Int(status.st_size) : 0)
        var buffer = [UInt8](repeating: 0, count: chunk)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .input(path, errno) }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw .input(path, EFBIG) }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}

extension CLIError {
    /// A file or folder that cannot be written.
    static func output(_ path: String, _ code: Int32) -> CLIError {
        CLIError(
            .diskError, code: code == ENOSPC || code == EDQUOT ? "disk_full" : "output_failed",
            message: "Can't write \(path): \(String(cString: strerror(code))).", hint: Advice.outputFailed)
    }

    /// A file that cannot be read.
    static func input(_ path: String, _ code: Int32) -> CLIError {
        let isMissing = code == ENOENT || code == ENOTDIR
        return CLIError(
            isMissing ? .notFound : .badData, code: isMissing ? "missing_file" : "unreadable_file",
            message: isMissing
                ? "There is no file \(path)." : "Can't read \(path): \(String(cString: strerror(code))).",
            hint: code == EFBIG ? Advice.importTooLarge : Advice.inputFailed)
    }
}
