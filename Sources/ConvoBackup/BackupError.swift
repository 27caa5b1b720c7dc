import ConvoPlatform

/// Why a backup could not be made, checked, restored or removed.
///
/// An error of the database itself is a `StoreError`.
package enum BackupError: Error, Hashable, Sendable {
    /// There is no file or folder of this name.
    case missing(path: String)
    /// The folder holds something else than backups of Convo, and nothing was written to it.
    case notABackupFolder(path: String)
    /// A newer version of Convo has written the folder, in a layout that this one does not know.
    case newerLayout(path: String, version: Int)
    /// Another backup, check or removal has the folder.
    case busy(path: String)
    /// A daemon or another program has the database that is to be repaired.
    case inUse(path: String)
    /// The folder holds no backup.
    case empty(path: String)
    /// No backup in the folder has this name, or a name that begins so.
    case noSuchBackup(String, path: String)
    /// Several backups have a name that begins so; ten candidates at most.
    case ambiguousBackup(String, candidates: [String])
    /// The folder holds backups of several databases, and none was named; `databases`: their paths.
    case severalDatabases([String], path: String)
    /// A file among the manifests has another name than a backup, so that nobody knows which pieces it needs.
    case unknownName(path: String)
    /// A file of the folder is damaged or missing.
    ///
    /// `file`: its path in the folder; `detail`: the end of a sentence; `backups`: the names of the backups that need it.
    case damaged(file: String, detail: String, backups: [String])
    /// The restored database has other numbers of conversations, entries or writes than the manifest says.
    case otherContent(backup: String, detail: String)
    /// Something has the name already under which a backup is to be restored.
    case targetExists(path: String)
    /// The disk or the quota is full.
    case diskFull(path: String)
    /// A file or folder cannot be read, made or written; `detail` is the end of a sentence.
    case unusable(path: String, detail: String)
    /// Fewer than one backup cannot be kept.
    case nothingToKeep

    /// The error for what the operating system refuses.
    ///
    /// - Parameters:
    ///   - path: the file or folder.
    ///   - code: the `errno`.
    /// - Returns: the error, which tells a full disk and a missing file from other reasons.
    static func refused(_ path: String, _ code: Int32) -> BackupError {
        switch code {
        case ENOSPC, EDQUOT: .diskFull(path: path)
        case ENOENT: .missing(path: path)
        default: .unusable(path: path, detail: String(cString: strerror(code)))
        }
    }
}

extension BackupError: CustomStringConvertible {
    /// One sentence without a capital or a full stop, which shows paths and names of backups.
    package var description: String {
        switch self {
        case .missing(let path): "there is no \(path)"
        case .notABackupFolder(let path): "\(path) holds something else than backups of Convo"
        case .newerLayout(let path, let version):
            "\(path) was written by a newer Convo (layout \(version); this one knows \(BackupManifest.layoutVersion))"
        case .busy(let path): "another backup, check or removal uses \(path)"
        case .inUse(let path): "a daemon or another program uses \(path)"
        case .empty(let path): "there is no backup in \(path)"
        case .noSuchBackup(let name, let path): "there is no backup \"\(name.prefix(80))\" in \(path)"
        case .ambiguousBackup(let name, let candidates):
            "\"\(name.prefix(80))\" could be any of \(candidates.joined(separator: ", "))"
        case .severalDatabases(let databases, let path):
            "\(path) holds backups of \(databases.count) databases: \(BackupError.list(databases))"
        case .unknownName(let path): "\(path) has another name than a backup, and nobody knows which pieces it needs"
        case .damaged(let file, let detail, let backups):
            "\(file) is damaged (\(detail)); "
                + (backups.isEmpty ? "no backup needs it" : "it belongs to \(BackupError.list(backups))")
        case .otherContent(let backup, let detail): "backup \(backup) does not hold what its manifest says (\(detail))"
        case .targetExists(let path): "\(path) exists already, and a backup is restored into a new place only"
        case .diskFull(let path): "the disk that holds \(path) is full"
        case .unusable(let path, let detail): "\(path) cannot be used (\(detail))"
        case .nothingToKeep: "at least one backup must be kept"
        }
    }

    /// How many names a sentence holds.
    private static let listLimit = 5

    private static func list(_ names: [String]) -> String {
        let more = names.count - listLimit
        return names.prefix(listLimit).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
