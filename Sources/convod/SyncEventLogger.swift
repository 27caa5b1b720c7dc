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
    private let troubles = Mutex(TroubleLog())

    init(logger: Logger, manager: ServiceManager?, store: Store) {
        self.logger = logger
        self.manager = manager
        self.store = store
    }

    func report(_ event: SyncEvent) {
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

    /// Logs a line that may hold the server's text: names and ids can have line feeds and escape sequences in them.
    private func warn(_ text: String) { logger.warning("\(text.sanitised(.line))") }

    private func note(_ part: TroubleLog.Part, _ failure: CLIError?) {
        switch troubles.withLock({ $0.note(failure, in: part) }) {
        case .none: break
        case .trouble(let failure):
            warn([failure.message, failure.hint ?? ""].joined(separator: " "))
            manager?.tell(.status(failure.message.sanitised(.line)))
        case .recovery:
            logger.info("working again")
            manager?.tell(.status("In step with the server"))
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
