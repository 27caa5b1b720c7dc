import ArgumentParser
import ConvoAPI
import ConvoApp
import ConvoBackup
import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

/// The findings of `convo doctor`, part by part.
///
/// The report leaves out a part that cannot be checked because of an earlier failure.
struct DoctorReport {
    struct Finding {
        /// The name of the part, such as `database`.
        let part: String
        /// The finding; in a failure, its message.
        let words: String
        /// `nil` where the part is in order.
        let failure: CLIError?
    }

    private(set) var findings: [Finding]

    /// Checks settings, database, key and server, in this order; reads the whole database and asks the server.
    ///
    /// - Parameters:
    ///   - earlier: what was found, or done, before; it stands first.
    ///   - settings: makes the settings.
    ///   - store: opens the database that they name.
    /// - Returns: the findings of all parts.
    static func make(
        after earlier: [Finding] = [], settings: () throws -> Settings, store: (Settings) throws -> Store
    ) async -> DoctorReport {
        var report = DoctorReport(findings: earlier)
        guard
            let settings = report.look(
                at: "settings", words: DoctorReport.words, settings)
        else { return report }
        let owner = report.examineStore(settings, store)
        await report.examineServer(settings, owner: owner)
        return report
    }

    private static func words(_ settings: Settings) -> String {
        let file = settings.configFile ?? "no config file: the defaults are used"
        return settings.profile.map { "profile \($0) in \(file)" } ?? file
    }

    /// Checks the database.
    ///
    /// - Parameters:
    ///   - settings: the settings that name the database.
    ///   - open: opens it.
    /// - Returns: the account that the database belongs to; `nil` where it cannot be read.
    private mutating func examineStore(_ settings: Settings, _ open: (Settings) throws -> Store) -> StoreOwner? {
        guard let store = look(at: "database", words: { $0.path }, { try open(settings) }) else {
            return nil
        }
        look(at: "integrity", words: { "the database is whole" }, { try store.checkIntegrity() })
        look(at: "index", words: \.words, { try store.indexStatus() })
        // Items that were set aside are a defect of the server's data, not a failure of this installation.
        look(
            at: "set aside", words: { $0.isEmpty ? "nothing" : "\($0.count): \($0.words)" }, { try store.setAside() })
        let daemon = store.lockHolder(.daemon)
        findings.append(Finding(part: "daemon", words: daemon.words, failure: nil))
        return look(at: "account", words: { "the database belongs to \($0.words)" }, { try store.owner() })
    }

    private mutating func examineServer(_ settings: Settings, owner: StoreOwner?) async {
        let environment = ProcessEnvironment.ofThisProcess()
        let key = look(at: "key", words: { $0 == nil ? "none, and none needed" : "there is one" }) {
            try settings.apiKey(in: environment)
        }
        guard key != nil,
            let api = look(
                at: "server", isSilent: true, words: { _ in "" },
                { try MistralAPI(settings: settings, environment: environment) })
        else { return }
        do {
            _ = try await api.list(page: 0, pageSize: 1, metadata: nil)
            findings.append(Finding(part: "server", words: "\(settings.serverURL) answers", failure: nil))
        } catch {
            let failure = CLIError(error)
            findings.append(Finding(part: "server", words: failure.message, failure: failure))
            return
        }
        // Where the server does not tell to which account the key belongs, only a pull finds out.
        let account = try? await api.whoAmI()
        guard let owner, let mismatch = owner.mismatch(server: settings.serverURL.normalised, account: account) else {
            return
        }
        let failure = CLIError(mismatch)
        findings.removeAll { $0.part == "account" }
        findings.append(Finding(part: "account", words: failure.message, failure: failure))
    }

    /// Checks one part and adds the finding; an `isSilent` check adds only a failure.
    ///
    /// - Returns: what `work` returned; `nil` where it threw.
    @discardableResult
    private mutating func look<Value>(
        at part: String, isSilent: Bool = false, words: (Value) -> String, _ work: () throws -> Value
    ) -> Value? {
        do {
            let value = try work()
            if !isSilent { findings.append(Finding(part: part, words: words(value), failure: nil)) }
            return value
        } catch {
            let failure = CLIError(error) ?? CLIError(.internal, code: "unexpected", message: "\(error)")
            findings.append(Finding(part: part, words: failure.message, failure: failure))
            return nil
        }
    }

    var json: JSONText {
        .object([
            "checks": .array(
                findings.map { finding in
                    .object([
                        "part": .string(finding.part), "ok": .bool(finding.failure == nil),
                        "message": .string(finding.words), "hint": .string(finding.failure?.hint),
                    ])
                })
        ])
    }

    func lines(_ style: OutputStyle) -> [String] {
        findings.map { finding in
            let mark = finding.failure == nil ? style.ansi.model("ok") : style.ansi.alarm("no")
            return "\(mark)  \(style.ansi.faint(finding.part.padded(to: 10)))\(finding.words.sanitised(.line))"
        }
    }
}

struct Doctor: Verb {
    static let configuration = CommandConfiguration.verb(
        "doctor",
        abstract: "Checks what Convo depends on: settings, database, key, server.",
        discussion: """
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
        let report = try await common.console.whileWaiting(for: "the server") {
            await DoctorReport.make(after: repairs) {
                try common.settings()
            } store: {
                try common.store($0)
            }
        }
        try common.console.print(json: report.json) { report.lines($0) }
        if let failure = report.findings.compactMap(\.failure).first { throw failure }
    }

    private func mend() async throws -> [DoctorReport.Finding] {
        let path = try common.settings().database
        let progress = ProgressLine()
        let report = try await common.console.whileWaiting(for: "the repair") {
            defer { progress.clear() }
            return try DatabaseRepair.run(path, at: StoreDependencies.live.now()) { progress.show($0) }
        }
        return report.words.map { DoctorReport.Finding(part: "repair", words: $0, failure: nil) }
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

extension IndexStatus {
    fileprivate var words: String {
        let made =
            rebuiltRows.map { "; a new one is being made, \(rows == 0 ? 100 : min(100, $0 * 100 / rows)) %" } ?? ""
        return switch standing {
        case .current: "up to date" + made
        case .outdated:
            "made by an older version of Convo: convod, `convo sync` or --rebuild-index makes it anew" + made
        case .newer: "made by a newer version of Convo: some words may not be found" + made
        }
    }
}
