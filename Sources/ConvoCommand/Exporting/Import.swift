import ArgumentParser
import ConvoApp
import ConvoExport
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct Import: NamedVerb {
    static let name = "import"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Takes in what convo export --format json wrote, or another Convo database.",
        discussion: """
            The conversations are kept here only: they can be read, searched and exported, and nothing of them is ever \
            sent. What is here already is recognised by its id: an import may be repeated, and brings what is new. A \
            file that is damaged brings nothing; the others come all the same.
            """.withExamples(
                "convo import backup",
                "convo import OTHER.db"))

    @Argument(help: ArgumentHelp("JSON files, folders of them, or databases; - is standard input.", valueName: "file"))
    var files: [String]

    @Flag(help: "Also bring back conversations that were deleted here.")
    var restoreDeleted = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try Interruption.ending(
            common.console,
            saying: { "Each conversation that was taken in is here; run the import again for the rest." },
            takeIn)
    }

    private func takeIn() throws {
        let store = try common.store()
        var report = ImportReport()
        let progress = ProgressLine()
        var meter = ProgressMeter("Importing")
        do {
            defer { progress.clear() }
            for source in try ImportSource.all(of: files) {
                progress.show("Importing \(source.name)…")
                do {
                    try source.archives(besides: store) { name, read throws(ImportFailure) in
                        let archive: ArchivedConversation
                        do {
                            archive = try read()
                        } catch { return report.add(failure: CLIError(error, in: name), in: name) }
                        do throws(StoreError) {
                            report.add(try store.ingest(archive, revivesDeleted: restoreDeleted))
                        } catch { throw ImportFailure(error: error) }
                        if let line = meter.line(report.count, of: nil) { progress.show(line) }
                    }
                } catch let failure as ImportFailure {
                    throw failure.error
                } catch {
                    report.add(failure: CLIError(error, in: source.name), in: source.name)
                }
            }
            if report.count > 0 { try store.finishImport() }
        }
        try common.console.print(json: report.json) { _ in report.lines }
        if !common.json {
            for failure in report.failures.dropFirst() { try common.console.note(failure.error.message) }
        }
        if let failure = report.failures.first { throw failure.error }
    }
}

/// The failure of the database that takes the import, which ends it; everything else spoils one file.
struct ImportFailure: Error {
    let error: StoreError
}

/// What an import did.
struct ImportReport {
    struct Failure {
        let name: String
        let error: CLIError
    }

    private var new = 0
    private var updated = 0
    private var unchanged = 0
    private var alreadyHere = 0
    private var labelled = 0
    private var deletedHere = 0
    private var entries = 0
    private(set) var failures: [Failure] = []

    /// How many conversations were looked at.
    var count: Int { new + updated + unchanged + alreadyHere + labelled + deletedHere }

    mutating func add(_ change: ArchiveChange) {
        switch change {
        case .new(let count):
            new += 1
            entries += count
        case .updated(let count):
            updated += 1
            entries += count
        case .unchanged: unchanged += 1
        case .alreadyHere: alreadyHere += 1
        case .labelled: labelled += 1
        case .deletedHere: deletedHere += 1
        }
    }

    mutating func add(failure: CLIError, in name: String) { failures.append(Failure(name: name, error: failure)) }

    var json: JSONText {
        .object([
            "conversations": .int(count), "new": .int(new), "updated": .int(updated), "unchanged": .int(unchanged),
            "already_here": .int(alreadyHere + labelled), "labelled": .int(labelled), "deleted_here": .int(deletedHere),
            "entries": .int(entries),
            "failed": .array(
                failures.map {
                    .object([
                        "file": .string($0.name), "code": .string($0.error.code), "message": .string($0.error.message),
                    ])
                }),
        ])
    }

    var lines: [String] {
        let counts = [
            (new, "new"), (updated, "brought up to date"), (unchanged, "unchanged"),
            (alreadyHere, "here already, not by an import, and left as they are"),
            (labelled, "here already, which got the file's name or tags"),
            (deletedHere, "deleted here: --restore-deleted brings them back"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let what = count == 1 ? "1 conversation" : "\(count) conversations"
        let rest = counts.isEmpty ? "" : ": " + counts.joined(separator: ", ")
        return ["\(what)\(rest). \(entries == 1 ? "1 entry" : "\(entries) entries") taken in."]
    }
}
