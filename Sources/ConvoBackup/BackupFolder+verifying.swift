import ConvoPlatform
package import ConvoStore

/// The findings of a check of a backup folder.
package struct VerifyOutcome: Sendable {
    /// The names of the backups that were checked, the oldest first.
    package let backups: [String]
    /// The backups whose databases were restored, opened and checked, the oldest first; none where damage prevents that.
    package fileprivate(set) var opened: [String] = []
    /// How many chunks were read.
    package fileprivate(set) var chunks = 0
    /// Their length in bytes.
    package fileprivate(set) var bytes: Int64 = 0
    /// The files that are damaged or missing.
    package fileprivate(set) var findings: [BackupError] = []
    /// The errors of the databases in the backups that were to be opened; none if all are whole.
    package fileprivate(set) var storeFailures: [StoreError] = []

    /// Whether nothing is wrong.
    package var isWhole: Bool { findings.isEmpty && storeFailures.isEmpty }
}

extension BackupFolder {
    /// Checks backups: every byte of every chunk and manifest, and the newest one of each database as a database.
    ///
    /// That one is restored into a temporary folder, inside this one or, where that cannot be written, in `TMPDIR` or
    /// `/var/tmp`. There it is opened as a store is; SQLite's own check, that of the full-text index and the manifest's counts must
    /// agree. It takes time and room in proportion to the database. Call it on a folder that was opened for reading.
    ///
    /// - Parameters:
    ///   - name: the one backup to check, by its whole name; `nil` for all of them, and chunks that no backup needs.
    ///   - progress: is told how many chunks were read, and of how many.
    /// - Returns: what was found; damage is a finding and no error.
    /// - Throws: ``BackupError/empty(path:)``, or ``BackupError`` where the folder cannot be read, or a temporary folder
    ///   cannot be made.
    package func verify(
        _ name: String?, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(BackupError) -> VerifyOutcome {
        let names = if let name { [name] } else { try names() }
        guard !names.isEmpty else { throw .empty(path: path) }
        var outcome = VerifyOutcome(backups: names)
        var manifests: [BackupManifest] = []
        for name in names {
            do throws(BackupError) {
                manifests.append(try manifest(of: name))
            } catch {
                outcome.findings.append(error)
            }
        }
        let users = BackupFolder.users(manifests)
        let all = Set(users.keys).union(name == nil ? try storedChunks() : []).sorted()
        var lengths: [ChunkName: Int] = [:]
        for (done, chunk) in all.enumerated() {
            progress(done, all.count)
            outcome.chunks += 1
            switch read(chunk, limit: BackupManifest.chunkSizeLimit) {
            case .success(let bytes):
                outcome.bytes += Int64(bytes.count)
                lengths[chunk] = bytes.count
            case .failure(let damage):
                outcome.findings.append(
                    .damaged(file: chunk.path, detail: damage.reason, backups: users[chunk, default: []]))
            }
        }
        outcome.findings += manifests.flatMap { BackupFolder.wrongLengths($0, lengths) }
        if outcome.findings.isEmpty {
            for manifest in BackupFolder.newestOfEach(manifests) { try open(manifest, &outcome) }
        }
        return outcome
    }

    /// The newest backup of each database, the oldest first.
    static func newestOfEach(_ manifests: [BackupManifest]) -> [BackupManifest] {
        var known: Set<[UInt8]> = []
        return manifests.reversed().filter { known.insert($0.databaseKey).inserted }.reversed()
    }

    /// The names of the backups that need each chunk, the oldest first.
    static func users(_ manifests: [BackupManifest]) -> [ChunkName: [String]] {
        var users: [ChunkName: [String]] = [:]
        for manifest in manifests {
            for chunk in Set(manifest.files.flatMap(\.chunks)) { users[chunk, default: []].append(manifest.name) }
        }
        return users
    }

    /// The chunks that are whole and have another length than the manifest counts with.
    ///
    /// - Parameters:
    ///   - manifest: the manifest.
    ///   - lengths: the lengths of the chunks that are whole.
    /// - Returns: an error for each such chunk.
    static func wrongLengths(_ manifest: BackupManifest, _ lengths: [ChunkName: Int]) -> [BackupError] {
        manifest.files.flatMap { file in
            file.chunks.enumerated().compactMap { place, chunk in
                let size = BackupManifest.length(ofChunk: place, in: file.size, chunkSize: manifest.chunkSize)
                guard let length = lengths[chunk], length != size else { return nil }
                return .damaged(
                    file: "backups/" + manifest.name, detail: "\(chunk.path) has \(length) bytes, and not \(size)",
                    backups: [manifest.name])
            }
        }
    }

    /// Opens the database of a backup as a store, in a temporary folder, and checks it.
    private func open(_ manifest: BackupManifest, _ outcome: inout VerifyOutcome) throws(BackupError) {
        let folder = try temporaryFolder()
        defer {
            try? Disk.removeFolder(folder)
            rmdir(path + "/checks")  // fails as long as another check uses it
        }
        let database = folder + "/convo.db"
        try write(manifest.files[0], of: manifest, to: try Disk.open(database, O_RDWR | O_CREAT | O_EXCL))
        do throws(StoreError) {
            let store = try Store(path: database)
            try store.checkIntegrity()
            let census = try store.census()
            outcome.opened.append(manifest.name)
            if let difference = BackupFolder.difference(manifest.census, census) {
                outcome.findings.append(.otherContent(backup: manifest.name, detail: difference))
            }
        } catch {
            outcome.storeFailures.append(error)
        }
    }

    /// What a store has other counts of than a manifest; `nil` where they agree. The schema may be newer: opening a store
    /// brings it up to date.
    static func difference(_ expected: StoreCensus, _ found: StoreCensus) -> String? {
        let counts = [
            ("conversations", expected.conversations, found.conversations),
            ("entries", expected.entries, found.entries),
            ("writes", expected.operations, found.operations),
            ("open writes", expected.openOperations, found.openOperations),
        ]
        return counts.first { $0.1 != $0.2 }.map { "\($0.2) \($0.0), and not \($0.1)" }
    }

    /// Makes a folder of its own, 0700.
    ///
    /// A killed check leaves it behind; inside the backup folder, the next backup removes it.
    private func temporaryFolder() throws(BackupError) -> String {
        let parent = path + "/checks"
        if access(path, W_OK) == 0, (try? Disk.makeFolder(parent)) != nil, let made = BackupFolder.make(in: parent) {
            return made
        }
        let other = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        guard let made = BackupFolder.make(in: other) else { throw .refused(other, errno) }
        return made
    }

    /// Makes a folder of a new name (0700).
    ///
    /// `mkdtemp` writes the name into the template, in place of the six `X`, and no further: the array is its own copy, and ends with
    /// a zero byte.
    private static func make(in parent: String) -> String? {
        var template = Array("\(parent)/convo-verify.XXXXXX".utf8CString)
        return template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
    }
}
