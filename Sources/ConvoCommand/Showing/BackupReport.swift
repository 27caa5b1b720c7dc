import ConvoApp
import ConvoBackup
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

extension BackupManifest {
    /// The facts that every verb tells of a backup.
    fileprivate var facts: [(String, JSONText)] {
        [
            ("name", .string(name)), ("made_at", .string(madeAt.text)), ("database", .string(database)),
            ("size", .int(Int(size))), ("files", .int(files.count - 1)), ("schema", .int(census.schemaVersion)),
            ("conversations", .int(census.conversations)), ("entries", .int(census.entries)),
            ("operations", .int(census.operations)), ("open_operations", .int(census.openOperations)),
        ]
    }

    fileprivate var words: String {
        let conversations = census.conversations == 1 ? "1 conversation" : "\(census.conversations) conversations"
        let entries = census.entries == 1 ? "1 entry" : "\(census.entries) entries"
        return "\(conversations), \(entries), \(Bytes.words(size))"
    }
}

/// Lengths in bytes, as people read them.
enum Bytes {
    private static let units = ["bytes", "kB", "MB", "GB", "TB"]

    /// `1 byte`, `812 bytes`, `3.4 MB`, `120 MB`: in powers of a thousand, with a decimal below ten.
    static func words(_ count: Int64) -> String {
        guard count >= 1000 else { return count == 1 ? "1 byte" : "\(count) bytes" }
        var tenths = count * 10
        var unit = 0
        while tenths >= 10_000, unit < units.count - 1 {
            tenths = (tenths + 500) / 1000
            unit += 1
        }
        let number = tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\((tenths + 5) / 10)"
        return "\(number) \(units[unit])"
    }
}

extension BackupOutcome {
    func json(in folder: String) -> JSONText {
        .object(
            [("folder", .string(folder))] + manifest.facts + [
                ("stored_chunks", .int(storedChunks)), ("stored_bytes", .int(Int(storedBytes))),
                ("missing_files", .array(missingFiles.map { .string($0) })),
            ])
    }

    /// How many missing files a person is told by name.
    private static let listLimit = 5

    func lines(in folder: String, _ style: OutputStyle) -> [String] {
        let new =
            "\(Bytes.words(storedBytes)) \(storedBytes == 1 ? "was" : "were") new; the rest is shared with earlier backups."
        return ["Backup \(manifest.name) is in \(folder): \(manifest.words).".sanitised(.line)]
            + Console.broken(new, to: style.width).map(style.ansi.faint) + missing(style)
    }

    private func missing(_ style: OutputStyle) -> [String] {
        guard !missingFiles.isEmpty else { return [] }
        let what = missingFiles.count == 1 ? "1 stored file is" : "\(missingFiles.count) stored files are"
        let more = missingFiles.count - BackupOutcome.listLimit
        let names = missingFiles.prefix(BackupOutcome.listLimit).joined(separator: ", ")
        let text =
            "\(what) missing in \(manifest.database).files, and in the backup: \(names)\(more > 0 ? " and \(more) more" : "")."
        return [style.ansi.alarm(text.sanitised(.line))]
    }
}

/// The backups of a folder, with those whose manifests cannot be read.
struct BackupListing {
    private var rows: [(name: String, content: Result<BackupManifest, BackupError>)] = []

    /// Reads all manifests; a backup that is removed meanwhile is left out.
    init(in folder: BackupFolder) throws {
        for name in try folder.names() {
            do throws(BackupError) {
                rows.append((name, .success(try folder.manifest(of: name))))
            } catch .missing {
                continue
            } catch {
                rows.append((name, .failure(error)))
            }
        }
    }

    /// The first failure of a manifest; `nil` where all can be read.
    var failure: CLIError? {
        for case (_, .failure(let error)) in rows { return CLIError(error) }
        return nil
    }

    var json: JSONText {
        .array(
            rows.map { name, content in
                switch content {
                case .success(let manifest): .object(manifest.facts + [("error", .null)])
                case .failure(let error):
                    .object([("name", JSONText.string(name)), ("error", .string(CLIError.sentence("\(error)")))])
                }
            })
    }

    func lines(_ style: OutputStyle) -> [String] {
        guard !rows.isEmpty else { return ["There is no backup yet."] }
        var table = Table([
            .fitting("NAME"), .fitting("MADE", rank: 1), .fitting("CONVERSATIONS"), .fitting("ENTRIES"),
            .fitting("SIZE"),
            .flexible("DATABASE", rank: 2),
        ])
        for (name, content) in rows {
            switch content {
            case .success(let manifest):
                table.add([
                    name, style.times.ago(manifest.madeAt), "\(manifest.census.conversations)",
                    "\(manifest.census.entries)", Bytes.words(manifest.size), manifest.database,
                ])
            case .failure: table.add([name, "", "", "", "", "its manifest can't be read"])
            }
        }
        return table.lines(width: style.width, ansi: style.ansi)
    }
}

extension VerifyOutcome {
    /// Everything that is wrong, as errors for a person.
    var failures: [CLIError] { findings.map { CLIError($0) } + storeFailures.map { CLIError($0) } }

    func json(in folder: String) -> JSONText {
        let damaged = findings.map { finding in
            guard case .damaged(let file, let detail, let backups) = finding else {
                return JSONText.object([
                    ("file", .null), ("message", .string(CLIError.sentence("\(finding)"))), ("backups", .array([])),
                ])
            }
            return .object([
                ("file", .string(file)), ("message", .string(detail)),
                ("backups", .array(backups.map { .string($0) })),
            ])
        }
        return .object([
            ("folder", .string(folder)), ("ok", .bool(isWhole)), ("backups", .array(backups.map { .string($0) })),
            ("opened", .array(opened.map { .string($0) })), ("chunks", .int(chunks)), ("bytes", .int(Int(bytes))),
            ("damaged", .array(damaged)),
            ("database_error", .string(storeFailures.first.map { CLIError.sentence("\($0)") })),
        ])
    }

    func lines(_ style: OutputStyle) -> [String] {
        guard isWhole else {
            return failures.map { "\(style.ansi.alarm("no"))  \($0.message.sanitised(.line))" }
        }
        let what = backups.count == 1 ? "Backup \(backups[0]) is" : "All \(backups.count) backups are"
        let pieces =
            chunks == 1
            ? "1 piece, \(Bytes.words(bytes)), agrees with its digest"
            : "\(chunks) pieces, \(Bytes.words(bytes)), agree with their digests"
        let databases =
            opened.count == 1
            ? "\(opened[0]) was opened as a database, and is whole."
            : "\(opened.joined(separator: ", ")) were opened as databases, and are whole."
        return ["\(what) whole: \(pieces).", style.ansi.faint(databases)]
    }
}

/// What `convo backup restore` has made.
struct RestoreReport {
    let manifest: BackupManifest
    let database: String

    var json: JSONText { .object([("restored", JSONText.string(database))] + manifest.facts) }

    func lines(_ style: OutputStyle) -> [String] {
        let open = manifest.census.openOperations
        let held =
            open == 0
            ? []
            : [
                "Not delivered when the backup was made, and held from now on: \(open). See `convo outbox --database \(database)`."
            ]
        return ["\(database) is restored from backup \(manifest.name): \(manifest.words)."].map { $0.sanitised(.line) }
            + held.map { style.ansi.faint($0.sanitised(.line)) }
    }
}

extension PruneOutcome {
    var json: JSONText {
        .object([
            ("removed", .array(removed.map { .string($0) })), ("kept", .array(kept.map { .string($0) })),
            ("chunks", .int(chunks)), ("bytes", .int(Int(bytes))),
        ])
    }

    var lines: [String] {
        ["Removed backups: \(removed.count); left: \(kept.count); freed: \(Bytes.words(bytes))."]
    }
}
