import ArgumentParser
import ConvoBackup
import ConvoPlatform
import ConvoStore
import ConvoTerminal

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Makes backups of the database, checks them, restores them.",
        discussion: """
            `convo backup FOLDER` makes one while everything else works; it stores only what the backups in the folder \
            don't have yet. The folder's README says how to restore without Convo.
            """,
        subcommands: [Make.self, List.self, Verify.self, Restore.self, Prune.self], defaultSubcommand: Make.self)

    struct Make: Verb {
        static let configuration = CommandConfiguration(
            commandName: "make", abstract: "Makes a backup.",
            discussion: "It is on the disk when this ends. Killed at any moment, it leaves the earlier backups whole."
                .withExamples(
                    "convo backup ~/backups/convo"))

        @Argument(help: .backupFolder, completion: .directory) var folder: String
        @OptionGroup var common: CommonOptions

        /// A folder that does not exist yet, and is called nearly as a verb is, is a verb that was mistyped.
        func validate() throws {
            guard !folder.contains("/"), access(folder, F_OK) != 0,
                let verb = Suggestion.nearest(to: folder, among: ["list", "verify", "restore", "prune"])
            else { return }
            throw ValidationError(
                "There is no folder \(folder). Did you mean `convo backup \(verb) FOLDER`? A new folder of that name is "
                    + "./\(folder).")
        }

        func perform() async throws {
            let store = try common.store()
            let progress = ProgressLine()
            var meter = ProgressMeter("Copying page")
            let (path, outcome) = try await Interruption.ending(
                common.console,
                saying: {
                    "Unless `convo backup list` shows it, no backup was made; the earlier ones are whole."
                }
            ) {
                try await common.console.whileWaiting(for: "the backup") {
                    defer { progress.clear() }
                    let backups = try BackupFolder(folder, for: .making)
                    let outcome = try backups.makeBackup(of: store, at: StoreDependencies.live.now()) {
                        if let line = meter.line($0, of: $1) { progress.show(line) }
                    }
                    return (backups.path, outcome)
                }
            }
            try common.console.print(json: outcome.json(in: path)) { outcome.lines(in: path, $0) }
        }
    }

    struct List: Verb {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The backups in a folder, the oldest first.",
            discussion: "".withExamples(
                "convo backup list ~/backups/convo"))

        @Argument(help: .backupFolder, completion: .directory) var folder: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let listing = try BackupListing(in: BackupFolder(folder, for: .listing))
            try common.console.page(json: listing.json) { listing.lines($0) }
            if let failure = listing.failure { throw failure }
        }
    }

    struct Verify: Verb {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Reads every byte of the backups, and opens the newest one of each database.",
            discussion: """
                It compares all pieces and manifests with their digests. It restores the newest backup of each database, or the \
                one that is named, into a temporary folder, opens it as Convo does, and checks it as `convo doctor` does.
                """.withExamples(
                    "convo backup verify ~/backups/convo"))

        @Argument(help: .backupFolder, completion: .directory) var folder: String
        @Argument(help: .backup) var name: String?
        @OptionGroup var common: CommonOptions

        func perform() async throws {
            let progress = ProgressLine()
            var meter = ProgressMeter("Reading piece")
            let (path, outcome) = try await Interruption.ending(
                common.console, saying: { "Not every byte was read, so nothing is known of the backups." }
            ) {
                try await common.console.whileWaiting(for: "the check") {
                    defer { progress.clear() }
                    let backups = try BackupFolder(folder, for: .reading)
                    let name = try name.map { try backups.name(matching: $0) }
                    let outcome = try backups.verify(name) { done, total in
                        if let line = meter.line(done, of: total) { progress.show(line) }
                    }
                    return (backups.path, outcome)
                }
            }
            try common.console.print(json: outcome.json(in: path)) { outcome.lines($0) }
            if let failure = outcome.failures.first { throw failure }
        }
    }

    struct Restore: Verb {
        static let configuration = CommandConfiguration(
            commandName: "restore", abstract: "Restores a backup into a new file.",
            discussion: """
                It never replaces a file. Where the folder has backups of several databases, name one. Writes that were not delivered when the backup was made are held in the restored \
                database, because the original may have delivered them: `convo outbox` shows them.
                """.withExamples(
                    "convo backup restore ~/backups/convo --to ~/new/convo.db"))

        @Argument(help: .backupFolder, completion: .directory) var folder: String
        @Argument(help: .backup) var name: String?
        @Option(name: .customLong("to"), help: ArgumentHelp("The new database file.", valueName: "path")) var target:
            String
        @OptionGroup var common: CommonOptions

        func perform() async throws {
            let restored = try await Interruption.ending(
                common.console,
                saying: { [target] in
                    access(target, F_OK) == 0
                        ? "The database at \(target) is whole." : "There is no database at \(target); run it again."
                }
            ) {
                try await common.console.whileWaiting(for: "the restore") {
                    let backups = try BackupFolder(folder, for: .reading)
                    let (manifest, database) = try backups.restore(try backups.name(matching: name), to: target)
                    return RestoreReport(manifest: manifest, database: database)
                }
            }
            try common.console.print(json: restored.json) { restored.lines($0) }
        }
    }

    struct Prune: Verb {
        static let configuration = CommandConfiguration(
            commandName: "prune", abstract: "Removes old backups, and what only they need.",
            discussion: "A database is told by its path: where the folder has backups of several, so many stay of each."
                .withExamples(
                    "convo backup prune ~/backups/convo --keep 30")
        )

        @Argument(help: .backupFolder, completion: .directory) var folder: String
        @Option(help: ArgumentHelp("How many of the newest backups of a database stay.", valueName: "number")) var keep:
            Int
        @OptionGroup var common: CommonOptions

        @Flag(name: .shortAndLong, help: .yes) var yes = false

        func validate() throws {
            if keep < 1 { throw ValidationError("--keep must be at least 1.") }
        }

        func perform() async throws {
            try Confirmation.require(
                "Remove all backups in \(folder) but the newest \(keep) of each database?", isGiven: yes, common.console
            )
            let outcome = try await Interruption.ending(
                common.console, saying: { "Some old backups may be gone; those that are listed are whole." }
            ) {
                try await common.console.whileWaiting(for: "the folder") {
                    try BackupFolder(folder, for: .removing).prune(keeping: keep)
                }
            }
            try common.console.print(json: outcome.json) { _ in outcome.lines }
        }
    }
}

extension ArgumentHelp {
    fileprivate static let backupFolder = ArgumentHelp("The folder with the backups.", valueName: "folder")
    fileprivate static let backup = ArgumentHelp(
        "The backup's name (`convo backup list`), or a beginning of it that no other shares; the newest by default.",
        valueName: "name")
}
