import ConvoPlatform
import ConvoTerminal

/// The folder with the units that a person has put in place; writes and removes only files that have ``UnitText/mark``.
struct UnitFolder {
    let path: String
    /// The name of a drop-in, which comes before those of `systemctl edit` (`override.conf`).
    private static let dropIn = "50-convo.conf"
    private static let sizeLimit = 1 << 20

    /// The text of a unit's file; `nil` where there is none.
    func text(of name: String) throws(CLIError) -> String? { try text(at: "\(path)/\(name)") }

    /// The text of a unit's drop-in that this program wrote; `nil` where there is none.
    func dropIn(of unit: String) throws(CLIError) -> String? { try text(at: place(ofDropIn: unit)) }

    /// Whether a unit's file is another's.
    func isForeign(_ name: String) throws(CLIError) -> Bool {
        try text(of: name).map { !$0.hasPrefix(UnitText.mark) } ?? false
    }

    /// Writes a unit's file.
    ///
    /// - Throws: ``CLIError`` where another's stands there, or it can't be written.
    func write(_ text: String, to name: String) throws(CLIError) {
        guard try !isForeign(name) else {
            throw CLIError(
                .configuration, code: "foreign_unit",
                message: "\(path)/\(name) was not written by convo, and stays as it is.",
                hint: "Move it away, or use systemctl yourself.")
        }
        try UnitFolder.replace("\(path)/\(name)", with: text)
    }

    /// Writes a unit's drop-in; removes it where there is to be none.
    func setDropIn(_ text: String?, of unit: String) throws(CLIError) {
        if let text {
            try UnitFolder.replace(place(ofDropIn: unit), with: text)
        } else {
            try removeDropIn(of: unit)
        }
    }

    func removeDropIn(of unit: String) throws(CLIError) {
        try remove(place(ofDropIn: unit))
        rmdir("\(path)/\(unit).d")  // another drop-in may be in it
    }

    /// Removes a unit's file, if it is ours.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func remove(unit name: String) throws(CLIError) -> Bool {
        guard try text(of: name)?.hasPrefix(UnitText.mark) == true else { return false }
        try remove("\(path)/\(name)")
        return true
    }

    /// The services of convod's that start by themselves: their units' names.
    func enabled(by targets: [String]) -> Set<String> {
        Set(
            targets.flatMap { FolderListing.names(in: "\(path)/\($0).wants") }
                .filter { $0.hasPrefix("convod") && $0.hasSuffix(".service") })
    }

    private func place(ofDropIn unit: String) -> String { "\(path)/\(unit).d/\(UnitFolder.dropIn)" }

    private func text(at path: String) throws(CLIError) -> String? {
        guard access(path, F_OK) == 0 else { return nil }
        return String(decoding: try WholeFile.bytes(of: path, limit: UnitFolder.sizeLimit), as: UTF8.self)
    }

    private func remove(_ path: String) throws(CLIError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .output(path, errno) }
    }

    /// Makes the folders above a file, and the file in one step, which others may read: it has no secret in it.
    private static func replace(_ path: String, with text: String) throws(CLIError) {
        try makeFolders(above: path, mode: 0o755)
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .output(path, errno) }
        fchmod(descriptor, 0o644)
        var code: Int32 = 0
        do { try TerminalDevice(descriptor: descriptor).write(text) } catch { code = EIO }
        if code == 0, fsync(descriptor) != 0 { code = errno }
        close(descriptor)
        guard code == 0, rename(temporary, path) == 0 else {
            let code = code == 0 ? errno : code
            unlink(temporary)
            throw .output(path, code)
        }
    }

    /// Makes the folders that a path lies in, where they are missing.
    static func makeFolders(above path: String, mode: mode_t) throws(CLIError) {
        var folder = ""
        for name in path.split(separator: "/").dropLast() {
            folder += "/" + name
            guard mkdir(folder, mode) == 0 || errno == EEXIST else {
                // One that can't be made may be there: errno may say that the file system is read-only.
                let code = errno
                guard access(folder, F_OK) == 0 else { throw .output(folder, code) }
                continue
            }
        }
    }
}
