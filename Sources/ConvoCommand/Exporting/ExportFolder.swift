import ConvoApp
import ConvoExport
import ConvoModel
import ConvoPlatform
import ConvoTerminal

/// The folder that an export writes into.
///
/// A file is replaced as a whole, by a rename, and only if its bytes change; whoever reads the folder never sees a part of
/// one. A file that no export wrote is never replaced. One export at a time works on a folder.
final class ExportFolder {
    private static let temporary = (prefix: ".convo-export-", suffix: ".tmp")
    /// The folder in it that holds copies of stored files.
    private static let files = "files"

    let path: String
    private let descriptor: Int32
    private var hasWritten = false
    /// The names of the files by the local ids' stems, as they were when the export began.
    private(set) var names: [String: [String]] = [:]

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
            // The folder's `deinit` closes the descriptor: all its properties have their values by now.
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
    func isPlainFile(_ name: String) -> Bool {
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
        try replaceDigesting(name, produce).isWritten
    }

    /// As ``replace(_:_:)``; also gives the digest of the whole text.
    func replaceDigesting(
        _ name: String, _ produce: ((String) throws -> Void) throws -> Void
    ) throws -> (isWritten: Bool, digest: TextDigest) {
        var digest = TextDigest()
        let temporary = file("\(ExportFolder.temporary.prefix)\(getpid())\(ExportFolder.temporary.suffix)")
        let output = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw CLIError.output(temporary, errno) }
        defer {
            close(output)
            unlink(temporary)  // after a rename there is none
        }
        do {
            try produce { text in
                digest.add(text)
                try TerminalDevice(descriptor: output).write(text)
            }
        } catch TerminalDevice.WriteFailure.failed(let code) {
            throw CLIError.output(file(name), code)
        }
        if isSame(output, file(name)) { return (false, digest) }
        guard rename(temporary, file(name)) == 0 else { throw CLIError.output(file(name), errno) }
        hasWritten = true
        return (true, digest)
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

    /// Whether the copy of a file that the database's folder holds is here: its name says its bytes, so that a whole one
    /// has the same length.
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
