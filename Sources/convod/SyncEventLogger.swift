import ConvoApp
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal
import Logging
import Synchronization

/// Reports to the log and the service manager what the engine does.
///
/// It reports a trouble once, not at every attempt.
final class SyncEventLogger: Sendable {
    private let logger: Logger
    private let manager: ServiceManager?
    private let store: Store
    private let zone: LocalTimeZone
    private let troubles = Mutex(TroubleLog())
    private let status: Mutex<DaemonStatus>

    /// Creates a logger for one run of the engine.
    ///
    /// - Parameters:
    ///   - logger: the log.
    ///   - manager: the service manager; `nil` if none is told.
    ///   - store: the database that is served.
    ///   - status: what is known before the first event.
    ///   - zone: the zone whose clocks the status shows.
    init(
        logger: Logger, manager: ServiceManager?, store: Store,
        status: DaemonStatus = DaemonStatus(poll: SyncIntervals().poll), zone: LocalTimeZone = .utc
    ) {
        (self.logger, self.manager, self.store, self.zone) = (logger, manager, store, zone)
        self.status = Mutex(status)
    }

    /// The status line as it is now.
    var line: String { status.withLock { $0.line(in: zone).sanitised(.line) } }

    func report(_ event: SyncEvent) {
        log(event)
        guard let manager else { return }
        updateStatus(after: event)
        manager.tell(.status(line))
    }

    /// Reads what the status line tells; counts the conversations where their number may have changed.
    private func updateStatus(after event: SyncEvent) {
        var isChanged = status.withLock { $0.conversations == nil }
        if case .pulled(let scope, let report) = event {
            isChanged = isChanged || scope == .full || report.conversations > 0
        }
        // A failure of the store is the engine's to report.
        guard let facts = try? store.monitoringFacts(countsConversations: isChanged) else { return }
        status.withLock { status in
            if let conversations = facts.conversations { status.conversations = conversations }
            status.stopped = (facts.open[.refused] ?? 0) + (facts.open[.held] ?? 0)
            status.waiting = facts.open.values.reduce(0, +) - status.stopped
            status.lastPull = facts.lastPullAt
        }
    }

    private func log(_ event: SyncEvent) {
        switch event {
        case .pulled(let scope, let report):
            noteEnd(of: .pulling, report.halt)
            log(scope, report)
            noteSetAside()
        case .pushed(let report):
            noteEnd(of: .pushing, report.halt)
            if report.halt == nil { note(.storing, nil) }
            if report.delivered > 0 { logger.info("delivered", metadata: ["writes": "\(report.delivered)"]) }
        case .fetched(let report): log(report)
        case .storeFailed(let error):
            note(.storing, CLIError(error))
        }
    }

    /// A failure because of another server or account ends the daemon, which reports it as it ends.
    private func noteEnd(of part: TroubleLog.Part, _ halt: SyncFailure?) {
        if halt?.isOtherOwner != true { note(part, halt.map { CLIError($0) }) }
    }

    private func log(_ scope: PullMachine.Scope, _ report: PullReport) {
        let changes = report.conversations + report.entries
        logger.log(
            level: changes > 0 ? .info : .debug, "pulled",
            metadata: [
                "scope": "\(scope)", "conversations": "\(report.conversations)", "entries": "\(report.entries)",
            ])
        var remarks = report.failures.map { failure in
            Remark(subject: "\(failure.conversation)", words: "stays behind: \(CLIError(failure.cause).message)")
        }
        if report.withheldDeletions > 0 {
            remarks.append(
                Remark(
                    subject: "\(report.withheldDeletions) conversations",
                    words: "would be marked as deleted at once, and are not: `convo sync --accept-deletions` marks them"
                ))
        }
        for remark in troubles.withLock({ $0.news(among: remarks) }) {
            warn("\(remark.subject) \(remark.words)")
        }
    }

    private func log(_ report: FileReport) {
        if report.stored > 0 {
            logger.info("files fetched", metadata: ["files": "\(report.stored)", "bytes": "\(report.bytes)"])
        }
        let remark = Remark(subject: "Files", words: "wait: all together would be larger than `file_quota`")
        for remark in troubles.withLock({ $0.fileNews(report.isQuotaReached ? remark : nil) }) {
            warn("\(remark.subject) \(remark.words)")
        }
    }

    private func noteSetAside() {
        do {
            let items = try store.setAside()
            for item in troubles.withLock({ $0.news(among: items) }) {
                warn("set aside, for it can't be read: \(item.words)")
            }
        } catch {
            note(.storing, CLIError(error))
        }
    }

    /// Whether a failure stays until a person does something: an error in the log, where others are warnings.
    private static func needsPerson(_ failure: CLIError) -> Bool {
        switch failure.exitCode {
        case .credentialsRefused, .configuration, .diskError, .internal: true
        default: false
        }
    }

    /// Logs a line that may hold the server's text: names and ids can have line feeds and escape sequences in them.
    private func warn(_ text: String) { logger.warning("\(text.sanitised(.line))") }

    private func note(_ part: TroubleLog.Part, _ failure: CLIError?) {
        switch troubles.withLock({ $0.note(failure, in: part) }) {
        case .none: break
        case .trouble(let failure):
            let level: Logger.Level = SyncEventLogger.needsPerson(failure) ? .error : .warning
            logger.log(
                level: level, "\([failure.message, failure.hint ?? ""].joined(separator: " ").sanitised(.line))")
            status.withLock { $0.trouble = failure.message }
        case .recovery:
            logger.info("working again")
            status.withLock { $0.trouble = nil }
        }
    }
}

/// A remark that may recur at each pull.
///
/// Another subject makes it a new one; other numbers in the words do not.
struct Remark: Equatable {
    let subject: String
    let words: String
}

/// The troubles that were reported already.
struct TroubleLog {
    /// The parts of the engine that fail independently.
    enum Part: Hashable { case pulling, pushing, storing }
    enum TroubleChange: Equatable { case none, trouble(CLIError), recovery }

    private var open: [Part: String] = [:]
    private var remarks: Set<[String]> = []
    private var fileRemark: Remark?
    private var oddItems: Set<OddItemKey> = []
    /// Beyond this number of set-aside items, all of them are reported again.
    private static let oddItemLimit = 10_000

    /// The name by which an item that was set aside is known again: its place changes as the list grows.
    private struct OddItemKey: Hashable {
        let conversation: RemoteID?
        let name: String
        let reason: String

        init(_ item: SetAsideItem) {
            conversation = item.remoteID
            name = item.id ?? item.name ?? item.position.map(String.init) ?? ""
            reason = item.reason
        }
    }

    /// The report about a part that has failed, or works again (`nil`).
    ///
    /// If several parts meet the same trouble, it is reported once. So it is if one part meets it again with other
    /// numbers in the message: a duration, an attempt, a port.
    mutating func note(_ failure: CLIError?, in part: Part) -> TroubleChange {
        let before = open
        open[part] = failure.map { TroubleLog.withoutNumbers($0.message) }
        guard let failure else { return open.isEmpty && !before.isEmpty ? .recovery : .none }
        return before.values.contains(TroubleLog.withoutNumbers(failure.message)) ? .none : .trouble(failure)
    }

    /// The remarks that the pull before this one did not have.
    mutating func news(among current: [Remark]) -> [Remark] {
        func key(_ remark: Remark) -> [String] { [remark.subject, TroubleLog.withoutNumbers(remark.words)] }
        let known = remarks
        remarks = Set(current.map(key))
        return current.filter { !known.contains(key($0)) }
    }

    /// The remark about files, if the pass before this one did not have it.
    mutating func fileNews(_ remark: Remark?) -> [Remark] {
        defer { fileRemark = remark }
        return fileRemark == nil ? [remark].compactMap(\.self) : []
    }

    /// The items that were not reported yet.
    mutating func news(among current: [SetAsideItem]) -> [SetAsideItem] {
        if oddItems.count > TroubleLog.oddItemLimit { oddItems = [] }
        return current.filter { oddItems.insert(OddItemKey($0)).inserted }
    }

    private static func withoutNumbers(_ text: String) -> String {
        var result = ""
        for character in text where !(character.isNumber && result.last == "#") {
            result.append(character.isNumber ? "#" : character)
        }
        return result
    }
}
