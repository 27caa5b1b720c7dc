import ConvoSync
import ConvoTerminal
import ConvoWiring
import Logging
import Synchronization

/// Tells the log and the service manager what the engine does. A trouble is told once, not at every attempt.
final class NewsDesk: Sendable {
    private let logger: Logger
    private let manager: ServiceManager?
    private let troubles = Mutex<[Department: String]>([:])

    private enum Department: Hashable { case pulling, pushing, storing }

    init(logger: Logger, manager: ServiceManager?) {
        self.logger = logger
        self.manager = manager
    }

    func report(_ event: SyncEvent) {
        switch event {
        case .pulled(let scope, let report):
            note(.pulling, report.halt.map { Failure($0) })
            let changes = report.conversations + report.entries
            logger.log(
                level: changes > 0 ? .info : .debug, "pulled",
                metadata: [
                    "scope": "\(scope)", "conversations": "\(report.conversations)", "entries": "\(report.entries)",
                ])
            for failure in report.failures {
                logger.warning("\(failure.conversation) stays behind: \(Failure(failure.cause).message)")
            }
        case .pushed(let report):
            note(.pushing, report.halt.map { Failure($0) })
            if report.delivered > 0 { logger.info("delivered", metadata: ["writes": "\(report.delivered)"]) }
        case .storeFailed(let error):
            note(.storing, Failure(error))
        }
    }

    private func note(_ department: Department, _ failure: Failure?) {
        enum News { case none, trouble(Failure), recovery }
        let news: News = troubles.withLock { troubles in
            let before = troubles
            troubles[department] = failure?.message
            // Both halves of the engine meet the same trouble: it is news once.
            if let failure { return before.values.contains(failure.message) ? .none : .trouble(failure) }
            return troubles.isEmpty && !before.isEmpty ? .recovery : .none
        }
        switch news {
        case .none: break
        case .trouble(let failure):
            logger.warning("\([failure.message, failure.hint ?? ""].joined(separator: " "))")
            manager?.tell(.status(failure.message))
        case .recovery:
            logger.info("working again")
            manager?.tell(.status("In step with the server"))
        }
    }
}
