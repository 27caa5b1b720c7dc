import ConvoTerminal

// The files of the database, as they lie on the disk.

extension Check {
    /// Free bytes below which nothing can be relied on to be written.
    private static let leastFreeBytes: UInt64 = 1 << 20
    /// Free bytes below which a person should make room.
    private static let scarceFreeBytes: UInt64 = 64 << 20
    /// The length of SQLite's log that a bulk writer does not let it reach unless something keeps the log from being begun anew.
    private static let longLogBytes: Int64 = 64 << 20

    static let folder = Check { facts in
        guard let storage = facts.storage, storage.folder.kind == .folder else { return [] }
        let findings = [lockedFolder(storage), exposedFolder(storage.folder), space(storage)].compactMap(\.self)
        return findings.isEmpty ? [.ok("folder", storage.folder.path)] : findings
    }

    private static func lockedFolder(_ storage: StorageFacts) -> Finding? {
        let folder = storage.folder
        guard let reason = folder.writeFailure else { return nil }
        let isOurs = folder.owner == storage.userID
        return .failure(
            "folder", .diskError, code: "not_writable",
            "The folder \(folder.path) can't be written (\(reason)): it belongs to user \(folder.owner), its mode is \(folder.modeText), and this process runs as user \(storage.userID).",
            hint:
                "Run: \(isOurs ? "chmod 700" : "sudo chown \"$USER\"") \(folder.path); or name another database with --database."
        )
    }

    /// A folder where others can put files: a lock or a log of theirs in the database's name. The sticky bit keeps them from
    /// removing ours.
    private static func exposedFolder(_ folder: FileFacts) -> Finding? {
        guard folder.mode & 0o022 != 0, folder.mode & 0o1000 == 0 else { return nil }
        return .warning(
            "folder", code: "exposed_folder",
            "Others can write the folder \(folder.path) (mode \(folder.modeText)), and so replace the database.",
            hint: "Run: chmod 700 \(folder.path)")
    }

    private static func space(_ storage: StorageFacts) -> Finding? {
        guard let free = storage.freeBytes, free < scarceFreeBytes else { return nil }
        let words = free < 1 << 20 ? "\(free >> 10) KB" : "\(free >> 20) MB"
        let hint =
            "Free some space on it; `df -h \(storage.folder.path)` shows how much it has. Nothing acknowledged is lost."
        guard free < leastFreeBytes else {
            return .warning(
                "folder", code: "disk_almost_full", "The disk of \(storage.folder.path) has \(words) left.", hint: hint)
        }
        return .failure(
            "folder", .diskError, code: "disk_full", "The disk of \(storage.folder.path) is full: \(words) are left.",
            hint: hint)
    }

    static let database = Check { facts in
        guard let storage = facts.storage, let store = facts.store else { return [] }
        let faults = [foreignOwner(storage), readOnly(storage), strangeCompanion(storage)].compactMap(\.self)
        if let fault = faults.first { return [fault] }
        switch store {
        case .success: return [exposedDatabase(storage.database) ?? .ok("database", storage.database.path)]
        case .failure(let error):
            // The folder's own finding says why.
            let isSaid = folder.judge(facts).contains { $0.severity == .failure && $0.code == error.code }
            return isSaid ? [] : [.failure("database", error)]
        }
    }

    private static func foreignOwner(_ storage: StorageFacts) -> Finding? {
        let files = [storage.database] + storage.companions
        guard storage.userID != 0, let file = files.first(where: { $0.kind == .file && $0.owner != storage.userID })
        else {
            return nil
        }
        return .failure(
            "database", .diskError, code: "foreign_owner",
            "\(file.path) belongs to user \(file.owner), and this process runs as user \(storage.userID).",
            hint: "Run: sudo chown \"$USER\" \(storage.database.path)*; `convo` and convod never need root.")
    }

    private static func readOnly(_ storage: StorageFacts) -> Finding? {
        // A folder that can't be written has a finding of its own.
        guard storage.folder.writeFailure == nil, let reason = storage.database.writeFailure else { return nil }
        guard storage.database.kind == .file else { return nil }
        return .failure(
            "database", .diskError, code: "read_only",
            "\(storage.database.path) can only be read (\(reason), mode \(storage.database.modeText)): nothing can be queued or mirrored.",
            hint: "Run: chmod 600 \(storage.database.path)")
    }

    private static func strangeCompanion(_ storage: StorageFacts) -> Finding? {
        guard let file = storage.companions.first(where: { $0.kind != .file || $0.links > 1 || $0.writeFailure != nil })
        else { return nil }
        guard file.kind == .file, file.links <= 1 else {
            return .failure(
                "database", .diskError, code: "strange_file",
                "\(file.path) is not a plain file with one name, so Convo does not use it.",
                hint: "Stop convod, move it away, and run the command again.")
        }
        guard storage.folder.writeFailure == nil else { return nil }
        return .failure(
            "database", .diskError, code: "not_writable",
            "\(file.path) can't be written (\(file.writeFailure ?? ""), mode \(file.modeText)).",
            hint: "Run: chmod 600 \(file.path)")
    }

    /// Permissions that opening the database has narrowed.
    private static func exposedDatabase(_ file: FileFacts) -> Finding? {
        guard file.kind == .file, file.mode & 0o077 != 0 else { return nil }
        return .note(
            "database", code: "exposed_database",
            "Others could read \(file.path) (mode \(file.modeText)); its mode is 0600 now.")
    }

    static let log = Check { facts in
        guard let storage = facts.storage,
            let log = storage.companions.first(where: { $0.path == storage.database.path + "-wal" }),
            log.size > longLogBytes
        else { return [] }
        return [
            .warning(
                "log", code: "long_log",
                "SQLite's log \(log.path) has \(log.size >> 20) MB: a program reads the database without an end, or was killed while it wrote.",
                hint:
                    "`fuser -v \(storage.database.path)` names the programs; end the one that reads, and run `convo sync`."
            )
        ]
    }

    static let files = Check { facts in
        guard case .success(let store) = facts.store, store.storedFiles > 0 else { return [] }
        let count = store.storedFiles == 1 ? "1 file" : "\(store.storedFiles) files"
        guard store.filesFolder.kind != .folder else { return [.ok("files", "\(count) in \(store.filesFolder.path)")] }
        return [
            .failure(
                "files", .diskError, code: "files_missing",
                "The folder \(store.filesFolder.path) is not there, which held \(count) that entries refer to.",
                hint:
                    "Put the folder back, from where it was moved or from a backup; `convo files` lists what was in it."
            )
        ]
    }
}
