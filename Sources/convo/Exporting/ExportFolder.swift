import ConvoApp
import ConvoExport
import ConvoModel
import ConvoTerminal
import Glibc

/// The folder that an export writes into.
///
/// A file is replaced as a whole, by a rename, and only if its bytes change; whoever reads the folder never sees a part of
/// one. One export at a time works on a folder.
final class ExportFolder {
    private static let temporary = (prefix: ".convo-export-", suffix: ".tmp")
    /// The folder in it that holds copies of stored files.
    private static let files = "files"

    let path: String
    private let descriptor: Int32
    private var hasWritten = false
    /// The names of the files by the local ids' stems, as they were when the export began.
    private var names: [String: [String]] = [:]

    /// Opens the folder, and makes it (0700) if there is none; removes what an export that was killed has left.
    ///
    /// - Throws: ``CLIError`` if it cannot be made or read, or another export works on it.
    init(_ path: String) throws(CLIError) {
        self.path = path
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw .output(path, errno) }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .output(path, errno) }
        // A file system without locks works without them.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(descriptor)
            throw CLIError(
                .tryLater, code: "busy", message: "Another export is writing into \(path).",
                hint: "Wait until it has ended.")
        }
        for name in FolderListing.names(in: path) {
            if name.hasPrefix(ExportFolder.temporary.prefix), name.hasSuffix(ExportFolder.temporary.suffix) {
                unlink(file(name))
            } else {
                names[String(name.prefix { $0 != "-" && $0 != "." }), default: []].append(name)
            }
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    /// The name of a conversation's file: the one that it has here, or a new one.
    func name(of id: LocalID, name: String?, fileExtension: String) -> String {
        let known = (names[ExportFileName.stem(of: id)] ?? []).sorted()
        return known.first { ExportFileName.isName($0, of: id, fileExtension: fileExtension) }
            ?? ExportFileName.of(id, name: name, fileExtension: fileExtension)
    }

    /// Replaces a file, unless it has this text already.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - text: the whole text.
    /// - Returns: whether the file was written.
    /// - Throws: ``CLIError`` if it cannot be written; the file is as it was then.
    func replace(_ name: String, with text: String) throws -> Bool {
        if isPlainFile(name), let bytes = try? WholeFile.bytes(of: file(name), limit: text.utf8.count),
            bytes.elementsEqual(text.utf8)
        {
            return false
        }
        return try replace(name) { try $0(text) }
    }

    /// Whether a name is that of a plain file, and of no link to one.
    private func isPlainFile(_ name: String) -> Bool {
        var status = stat()
        return lstat(file(name), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Replaces a file, unless it has these bytes already; the text comes in pieces, and is never in memory as a whole.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - produce: gives the text in pieces.
    /// - Returns: whether the file was written.
    /// - Throws: ``CLIError`` if it cannot be written; the file is as it was then.
    func replace(_ name: String, _ produce: ((String) throws -> Void) throws -> Void) throws -> Bool {
        let temporary = file("\(ExportFolder.temporary.prefix)\(getpid())\(ExportFolder.temporary.suffix)")
        let output = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw CLIError.output(temporary, errno) }
        defer {
            close(output)
            unlink(temporary)  // after a rename there is none
        }
        do {
            try produce { text in try TerminalDevice(descriptor: output).write(text) }
        } catch TerminalDevice.WriteFailure.failed(let code) {
            throw CLIError.output(file(name), code)
        }
        if isSame(output, file(name)) { return false }
        guard rename(temporary, file(name)) == 0 else { throw CLIError.output(file(name), errno) }
        hasWritten = true
        return true
    }

    /// Whether a plain file of ours has the bytes of an open one.
    private func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        let other = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard other >= 0 else { return false }
        defer { close(other) }
        var (mine, theirs) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, fstat(other, &theirs) == 0, theirs.st_mode & S_IFMT == S_IFREG,
            mine.st_size == theirs.st_size
        else { return false }
        var (one, two) = ([UInt8](repeating: 0, count: 64 << 10), [UInt8](repeating: 0, count: 64 << 10))
        var place: off_t = 0
        while place < mine.st_size {
            let count = pread(descriptor, &one, one.count, place)
            guard count > 0, pread(other, &two, count, place) == count, one[..<count] == two[..<count] else {
                return false
            }
            place += off_t(count)
        }
        return true
    }

    /// Copies a file that the database's folder holds, unless it is there: its name says its bytes.
    ///
    /// - Parameters:
    ///   - name: `files/` and a name.
    ///   - source: the path of the bytes.
    /// - Returns: whether it is.
    func hasCopy(_ name: String, of source: String) -> Bool {
        var (original, copy) = (stat(), stat())
        return isFolder(ExportFolder.files) && stat(source, &original) == 0 && lstat(file(name), &copy) == 0
            && copy.st_mode & S_IFMT == S_IFREG && copy.st_size == original.st_size
    }

    /// Whether a name is that of a folder, and of no link to one.
    private func isFolder(_ name: String) -> Bool {
        var status = stat()
        return lstat(file(name), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Copies a file that the database's folder holds, unless it is there.
    ///
    /// - Parameters:
    ///   - name: `files/` and a name.
    ///   - source: the path of the bytes.
    /// - Throws: ``CLIError`` if it cannot be copied, or `files` is no folder; no part of it is left.
    func add(_ name: String, from source: String) throws {
        if hasCopy(name, of: source) { return }
        if mkdir(file(ExportFolder.files), 0o700) != 0, errno != EEXIST {
            throw CLIError.output(file(ExportFolder.files), errno)
        }
        guard isFolder(ExportFolder.files) else { throw CLIError.output(file(ExportFolder.files), ENOTDIR) }
        let temporary = file("\(ExportFolder.temporary.prefix)\(getpid())\(ExportFolder.temporary.suffix)")
        defer { unlink(temporary) }  // after a rename there is none
        _ = try FileCopy.copy(source, to: temporary)
        guard rename(temporary, file(name)) == 0 else { throw CLIError.output(file(name), errno) }
        hasWritten = true
    }

    /// What the last export into the folder wrote; empty if that cannot be read.
    func state() -> ExportState {
        let bytes = try? WholeFile.bytes(of: file(ExportState.fileName), limit: ExportState.sizeLimit)
        return bytes.map { ExportState($0) } ?? ExportState()
    }

    /// Records what was exported, once the disk has the files.
    func save(_ state: ExportState) throws {
        if hasWritten { sync() }
        _ = try replace(ExportState.fileName, with: state.text)
    }
}

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
