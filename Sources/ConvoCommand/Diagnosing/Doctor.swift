import ArgumentParser
import ConvoApp
import ConvoBackup
import ConvoStore
import ConvoTerminal

struct Doctor: NamedVerb {
    static let name = "doctor"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Checks what Convo depends on: settings, files, database, daemon, service, key, server, clock.",
        discussion: """
            Each finding names the way out. The exit code is that of the first failure; warnings and notes leave it at 0.
            The search index is made anew by itself when a new version of Convo needs that. --repair copies a damaged database \
            beside it before it changes anything; a backup (`convo backup`) holds more than what can still be read.
            """.withExamples(
                "convo doctor",
                "convo doctor --repair"))

    @Flag(help: "First make the search index anew. Everything else works meanwhile.")
    var rebuildIndex = false

    @Flag(help: "First mend what can be mended: permissions, the search index, damaged pages. Nothing else may run.")
    var repair = false

    @OptionGroup var common: CommonOptions

    func perform() async throws {
        let (repair, rebuildIndex) = (repair, rebuildIndex)
        try await Interruption.ending(
            common.console,
            saying: {
                if repair {
                    return
                        "The database is as it was, or mended: run `convo doctor` to see. A copy that was made stays beside it."
                }
                return rebuildIndex
                    ? "The search index goes on from here with the next `convo doctor --rebuild-index`, sync, or convod."
                    : "The check is not complete."
            }, examine)
    }

    private func examine() async throws {
        let repairs = repair ? try await mend() : []
        if rebuildIndex { try makeIndex() }
        let facts = try await common.console.whileWaiting(for: "the server") {
            await DiagnosticFacts.gather(in: .ofThisProcess(), hasDatabaseFlag: common.database != nil) {
                try common.settings()
            } store: {
                try common.store($0)
            }
        }
        let report = DoctorReport(facts, after: repairs)
        try common.console.print(json: report.json) { report.lines($0) }
        if let error = report.error { throw error }
    }

    private func mend() async throws -> [Finding] {
        let path = try common.settings().database
        let progress = ProgressLine()
        let report = try await common.console.whileWaiting(for: "the repair") {
            defer { progress.clear() }
            return try DatabaseRepair.run(path, at: StoreDependencies.live.now()) { progress.show($0) }
        }
        return report.words.map { Finding.ok("repair", $0) }
    }

    private func makeIndex() throws {
        let store = try common.store()
        let progress = ProgressLine()
        defer { progress.clear() }
        var report = RebuildProgress(store: store)
        try store.restartIndex()
        while try store.rebuildIndex() {
            store.waitForRoomInLog()
            if let line = report.line(at: .now) { progress.show(line) }
        }
    }
}
