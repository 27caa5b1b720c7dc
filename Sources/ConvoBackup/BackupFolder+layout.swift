import ConvoPlatform

/// Makes an empty folder a backup folder.
extension BackupFolder {
    /// Whether a folder without `format` has nothing but what ``complete()`` leaves where it is killed.
    ///
    /// Everything else is a user's, whatever its name is: what ``complete()`` and the first backup would remove and
    /// replace must not be.
    static func isBeginning(_ path: String) throws(BackupError) -> Bool {
        for name in try Disk.names(in: path) {
            guard try isOurs(name, in: path) else { return false }
        }
        return true
    }

    private static func isOurs(_ name: String, in folder: String) throws(BackupError) -> Bool {
        let path = folder + "/" + name
        let (kind, size) = try Disk.look(at: path)
        switch (name, kind) {
        case ("lock", .file): return size == 0
        case ("README", .file): return size == readme.utf8.count ? try isBeginning(of: readme, path) : false
        case ("backups", .folder), ("chunks", .folder): return try Disk.names(in: path).isEmpty
        case ("new", .folder): return try isNew(path)
        case ("lost+found", .folder): return true  // what the top folder of a disk has
        default: return false
        }
    }

    private static func isNew(_ folder: String) throws(BackupError) -> Bool {
        for name in try Disk.names(in: folder) {
            let text =
                switch name {
                case "README": readme
                case "format": BackupManifest.formatLine
                default: ""
                }
            guard !text.isEmpty, try isBeginning(of: text, folder + "/" + name) else { return false }
        }
        return true
    }

    /// Whether a file has a text, or the first part of it; a file that has gone meanwhile has.
    private static func isBeginning(of text: String, _ file: String) throws(BackupError) -> Bool {
        let (kind, size) = try Disk.look(at: file)
        guard kind != .nothing else { return true }
        guard kind == .file, size <= text.utf8.count else { return false }
        do {
            return text.utf8.starts(with: try Disk.read(file, limit: text.utf8.count))
        } catch .missing { return true }
    }

    /// Makes what the folder lacks; `format`, which makes it a backup folder, comes last.
    func complete() throws(BackupError) {
        // An existing folder may be readable by others. A file system without permissions refuses, and has none.
        chmod(path, 0o700)
        for name in ["backups", "chunks"] { try Disk.makeFolder(path + "/" + name) }
        for (name, text) in [("README", BackupFolder.readme), ("format", BackupManifest.formatLine)] {
            try Disk.makeFolder(path + "/new")
            try write(Array(text.utf8), to: "new/" + name)
            try Disk.rename(path + "/new/" + name, to: path + "/" + name)
            try Disk.syncFolder(path)
        }
        try Disk.removeFolder(path + "/new")
    }

    /// Writes a file inside the folder, and waits until the disk has it.
    func write(_ bytes: [UInt8], to name: String) throws(BackupError) {
        let path = path + "/" + name
        try Disk.remove(path)
        let file = try Disk.open(path, O_WRONLY | O_CREAT | O_EXCL)
        var failure: BackupError?
        bytes.withUnsafeBytes { buffer in
            do throws(BackupError) { try file.write(buffer, at: 0) } catch { failure = error }
        }
        if let failure { throw failure }
        try file.sync()
    }

    /// The text of the folder's file `README`: whoever finds the folder may not have Convo.
    static let readme = """
        Backups of a Convo database (SQLite), made by `convo backup`.

        With Convo:
            convo backup list THIS_FOLDER
            convo backup verify THIS_FOLDER
            convo backup restore THIS_FOLDER --to NEW_FILE

        Without it: each file in backups/ is the manifest of one backup. Behind facts about the database it has a line
        "file SIZE NAME" for each file of the backup, and behind that the pieces that the file is made of, in their order, as
        sha256sum writes them. The first file is the database. So, in this folder, with NAME for a name in backups/:

            grep '  chunks/' backups/NAME | sha256sum --check --quiet
            sed -n '/^file [0-9]* files\\//q; s/^[0-9a-f]\\{64\\}  //p' backups/NAME | xargs cat > /some/where/new.db

        The first line checks the pieces (silence means that they are whole), the second joins the database. Any
        program that reads SQLite opens it. Check a manifest itself with:

            head -n -1 backups/NAME | sha256sum; tail -n 1 backups/NAME

        """
}
