import ConvoIPC
import ConvoPlatform

/// A folder that holds backups, and the lock on it as long as this value lives.
///
/// ```
/// format               the layout's version
/// README               how to restore without Convo
/// backups/NAME         a manifest for each backup
/// chunks/xx/HASH       pieces of files, named by the SHA-256 of their bytes
/// new/                 what a backup that is under way has written; a killed one leaves it behind
/// checks/              databases that checks have restored, to open them; a killed one leaves it behind
/// lock                 shared by readers; whoever changes the folder has it alone
/// ```
///
/// A chunk or manifest gets its final name once the disk has it, and never changes after that.
package final class BackupFolder {
    /// What a caller is about to do with the folder.
    package enum Access: Sendable {
        /// Make a backup; the folder is made where it is missing.
        case making
        /// Remove backups.
        case removing
        /// Read backups, while others may read too and nobody removes any.
        case reading
        /// List the backups; it takes no lock.
        case listing
    }

    private static let formatLimit = 1 << 10
    /// The largest manifest that is read, in bytes: a backup of 400 GB.
    static let manifestLimit = 256 << 20
    private static let pauseMicroseconds: UInt32 = 50_000

    /// The canonical path: absolute, and without symbolic links.
    package let path: String
    private let lock: OpenFile?

    /// Opens a folder, and makes it (0700) for the first backup.
    ///
    /// Symbolic links to the folder are followed, those inside it are not.
    ///
    /// - Parameters:
    ///   - path: the folder, absolute or relative to the working directory.
    ///   - access: what the caller is about to do.
    ///   - patienceSeconds: how long to wait where others use the folder.
    /// - Throws: ``BackupError/missing(path:)``, ``BackupError/notABackupFolder(path:)``,
    ///   ``BackupError/newerLayout(path:version:)``, ``BackupError/busy(path:)`` where others use the folder for longer;
    ///   ``BackupError/unusable(path:detail:)`` or ``BackupError/diskFull(path:)`` from the operating system.
    package init(_ path: String, for access: Access, patienceSeconds: Double = 30) throws(BackupError) {
        let path = DatabaseFile.canonicalPath(of: path)
        self.path = path
        var kind = try Disk.look(at: path).kind
        if kind == .nothing, access == .making {
            try Disk.makeFolder(path)
            kind = .folder
        }
        guard kind != .nothing else { throw .missing(path: path) }
        guard kind == .folder else { throw .unusable(path: path, detail: "it is not a folder") }
        let isComplete = try BackupFolder.isComplete(path)
        guard isComplete || access == .making else { throw .notABackupFolder(path: path) }
        lock =
            switch access {
            case .making, .removing: try BackupFolder.lock(path, isExclusive: true, patienceSeconds)
            case .reading: try BackupFolder.lock(path, isExclusive: false, patienceSeconds)
            case .listing: nil
            }
        // Another process may have completed the folder meanwhile.
        if access == .making, try !BackupFolder.isComplete(path) { try complete() }
    }

    /// Whether the folder has its layout; `false` where it is empty, or was left by a process that was killed while it
    /// made it.
    private static func isComplete(_ path: String) throws(BackupError) -> Bool {
        if try Disk.look(at: path + "/format").kind == .nothing {
            if try isBeginning(path) { return false }
            // Another process may have completed the folder meanwhile.
            guard try Disk.look(at: path + "/format").kind != .nothing else { throw .notABackupFolder(path: path) }
        }
        let text = String(decoding: try Disk.read(path + "/format", limit: formatLimit), as: UTF8.self)
        do throws(ManifestError) {
            try BackupManifest.requireVersion(String(text.prefix { $0 != "\n" }))
        } catch {
            throw .of(error, in: path)
        }
        for name in ["backups", "chunks"] where try Disk.look(at: path + "/" + name).kind != .folder {
            throw .damaged(file: name, detail: "it is not a folder", backups: [])
        }
        return true
    }

    private static func lock(
        _ path: String, isExclusive: Bool, _ patienceSeconds: Double
    ) throws(BackupError) -> OpenFile? {
        let name = path + "/lock"
        // A reader needs no right to write, and a folder on a read-only medium needs no lock.
        if !isExclusive, try Disk.look(at: name).kind == .nothing { return nil }
        let file = try Disk.open(name, isExclusive ? O_RDWR | O_CREAT : O_RDONLY)
        var waited = 0.0
        while !DescriptorLock.tryLock(file.descriptor, isExclusive: isExclusive) {
            guard waited < patienceSeconds else { throw .busy(path: path) }
            usleep(pauseMicroseconds)
            waited += Double(pauseMicroseconds) / 1_000_000
        }
        return file
    }

    /// The names of the backups, the oldest first.
    ///
    /// Reads one folder.
    ///
    /// - Throws: ``BackupError`` if it cannot be read.
    package func names() throws(BackupError) -> [String] {
        let numbered = try Disk.names(in: path + "/backups").compactMap { name in
            BackupManifest.number(of: name).map { (number: $0, name: name) }
        }
        return numbered.sorted { ($0.number, $0.name) < ($1.number, $1.name) }.map(\.name)
    }

    /// The one backup whose name is this, or begins so; the newest for `nil`.
    ///
    /// - Throws: ``BackupError/empty(path:)``, ``BackupError/noSuchBackup(_:path:)``,
    ///   ``BackupError/ambiguousBackup(_:candidates:)``, or, for `nil`, ``BackupError/severalDatabases(_:path:)``.
    package func name(matching wanted: String?) throws(BackupError) -> String {
        let names = try names()
        guard let newest = names.last else { throw .empty(path: path) }
        guard let wanted else {
            let databases = try databases(of: names)
            guard databases.count < 2 else { throw .severalDatabases(databases, path: path) }
            return newest
        }
        if names.contains(wanted) { return wanted }
        let candidates = names.filter { $0.hasPrefix(wanted) }
        guard let first = candidates.first, !wanted.isEmpty else { throw .noSuchBackup(wanted, path: path) }
        guard candidates.count == 1 else { throw .ambiguousBackup(wanted, candidates: Array(candidates.prefix(10))) }
        return first
    }

    /// The paths of the databases that backups are of; a manifest that is damaged says nothing, and whoever reads it is told.
    private func databases(of names: [String]) throws(BackupError) -> [String] {
        var known: Set<[UInt8]> = []
        var databases: [String] = []
        for name in names {
            do throws(BackupError) {
                let manifest = try manifest(of: name)
                if known.insert(manifest.databaseKey).inserted { databases.append(manifest.database) }
            } catch .damaged, .newerLayout, .missing { continue }
        }
        return databases
    }

    /// Reads the manifest of a backup.
    ///
    /// - Parameter name: the backup's whole name.
    /// - Returns: the manifest, whose digest agrees.
    /// - Throws: ``BackupError/damaged(file:detail:backups:)`` if it is not as it was written,
    ///   ``BackupError/newerLayout(path:version:)``, ``BackupError/missing(path:)``.
    package func manifest(of name: String) throws(BackupError) -> BackupManifest {
        let file = "backups/" + name
        let bytes = try Disk.read(path + "/" + file, limit: BackupFolder.manifestLimit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .damaged(file: file, detail: "it is not UTF-8 text", backups: [name])
        }
        let manifest: BackupManifest
        do throws(ManifestError) {
            manifest = try BackupManifest(text: text)
        } catch {
            switch error {
            case .newer(let version): throw .newerLayout(path: path + "/" + file, version: version)
            case .damaged(let reason): throw .damaged(file: file, detail: reason, backups: [name])
            }
        }
        guard manifest.name == name else {
            throw .damaged(file: file, detail: "it is the manifest of \(manifest.name)", backups: [name])
        }
        return manifest
    }
}

extension BackupError {
    fileprivate static func of(_ error: ManifestError, in folder: String) -> BackupError {
        switch error {
        case .newer(let version): .newerLayout(path: folder, version: version)
        case .damaged: .notABackupFolder(path: folder)
        }
    }
}
