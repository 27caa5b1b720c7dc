import ConvoAPI
import ConvoModel
import ConvoStore

/// How much the engine fetches of the files that entries refer to.
package struct FileLimits: Sendable, Hashable {
    /// The largest file in bytes.
    package var size = 25 << 20
    /// How many bytes all files together may have; none is fetched beyond.
    package var quota = 5 << 30
    /// The hosts besides the API's own whose links are fetched without being asked; a name that begins with a dot stands for all
    /// that end with it.
    ///
    /// The API keeps generated files at such a place, and signs links to them.
    package var hosts = [
        ".mistral.ai", ".blob.core.windows.net", ".amazonaws.com", ".storage.googleapis.com", "storage.googleapis.com",
        ".r2.cloudflarestorage.com",
    ]
    /// How many files are fetched at once.
    package var fetches = 4
    /// How often a file is tried.
    package var attempts = 8
    /// The waits between attempts.
    package var backoff = Backoff(initial: .seconds(15), limit: .seconds(3600))

    /// Creates the default limits.
    package init() {}
}

/// The files that one pass over those that were due has fetched.
package struct FileReport: Sendable, Hashable {
    /// How many were stored.
    package var stored = 0
    /// How many bytes they have.
    package var bytes = 0
    /// How many are not there any more, too large, or not to be fetched.
    package var unavailable = 0
    /// How many are tried again later.
    package var delayed = 0
    /// Whether files wait because all of them together would be larger than ``FileLimits/quota``.
    package var isQuotaReached = false

    /// Creates an empty report.
    package init() {}
}

/// What follows from a failed attempt to fetch a file.
enum FileVerdict: Equatable {
    case unavailable(FileState, reason: String)
    case later(reason: String, asked: Duration?)
    /// Nothing can be fetched now, whichever file it is; it does not count as an attempt.
    case halted

    init(_ error: APIError, behindLink: Bool) {
        switch error.kind {
        case .unreachable where !behindLink: self = .halted
        case .cancelled: self = .halted
        case .unusableRequest where error.keyProblem != nil: self = .halted
        case .unusableRequest: self = .unavailable(.refused, reason: "unusable_link")
        case .answerTooLarge: self = .unavailable(.tooLarge, reason: "too_large")
        case .status(401), .status(403), .status(404), .status(410):
            let isGone = behindLink || error.isNotFound
            self =
                isGone
                ? .unavailable(.gone, reason: behindLink ? "link_expired" : "not_found")
                : .later(reason: "server_failed", asked: error.retryAfter)
        // How the API answers for a file that it does not have is not known.
        case .notTheAPI(404): self = .later(reason: "not_found", asked: nil)
        case .notTheAPI, .noRoute: self = .later(reason: "not_the_api", asked: nil)
        default: self = .later(reason: "server_failed", asked: error.retryAfter)
        }
    }
}

/// Fetches the files that entries refer to into the folder beside the database.
///
/// A file that was cut off goes on where it ended, if the server sends parts. Two processes may fetch at once: each file
/// is locked by one of them.
struct FileFetcher: Sendable {
    let account: AccountGuard
    let breaker: CircuitBreakerGate
    let store: Store
    let clock: any SyncClock
    let limits: FileLimits
    /// Runs what waits for the disk; `nil`: it runs where the engine runs.
    let executor: (any TaskExecutor)?

    /// How many files are looked up at once.
    private static let batch = 64

    private enum Outcome {
        case stored(Int), unavailable, delayed, skipped(Int64), halted(APIError), failed(Int64, StoreError)
    }

    /// Whether the connection fetches files at all; `true` before there is one.
    var isWanted: Bool { account.connection.map { $0.files != nil } ?? true }

    /// Fetches what is due, until nothing is.
    ///
    /// - Parameter progress: called after each few files.
    /// - Returns: what was done; `nil` if the account is not verified, or fetches no files.
    /// - Throws: ``SyncFailure`` if nothing can be fetched now, or a file beside the database cannot be written; what was
    ///   stored stays.
    func fetchDue(progress: (FileReport) -> Void = { _ in }) async throws(SyncFailure) -> FileReport? {
        // While the breaker is open, pull and push find out when the server is there again.
        guard account.connection?.files != nil, breaker.holdsUntil == nil else { return nil }
        var report = FileReport()
        do {
            try store.tidyFileFolder()
            var bytes: Int?
            var failure: StoreError?
            // What another process fetches stays due, and so does what cannot be written.
            var skipped: Set<Int64> = []
            while !Task.isCancelled {
                let due = try store.dueFiles(limit: FileFetcher.batch + skipped.count, now: clock.now)
                    .filter { !skipped.contains($0.key) }
                if due.isEmpty { break }
                let before = bytes ?? store.fileFolderBytes()
                bytes = before
                for start in stride(from: 0, to: due.count, by: limits.fetches) {
                    guard before + report.bytes < limits.quota else {
                        report.isQuotaReached = true
                        return report
                    }
                    guard breaker.holdsUntil == nil else { return report }
                    // The database may have been given to another account meanwhile.
                    try account.requireOwner()
                    guard let files = account.connection?.files else { return report }
                    for outcome in await fetch(due[start...].prefix(limits.fetches), files) {
                        switch outcome {
                        case .stored(let size):
                            report.stored += 1
                            report.bytes += size
                        case .unavailable: report.unavailable += 1
                        case .delayed: report.delayed += 1
                        case .skipped(let key): skipped.insert(key)
                        case .halted(let error): throw error
                        case .failed(_, .diskFull(let path)): throw StoreError.diskFull(path: path)
                        case .failed(let key, let error):
                            skipped.insert(key)
                            failure = failure ?? error
                        }
                    }
                    progress(report)
                }
            }
            if let failure { throw failure }
            return report
        } catch { throw SyncFailure(error) }
    }

    /// Fetches some files at once.
    private func fetch(_ due: ArraySlice<DueFile>, _ files: any FilesAPI) async -> [Outcome] {
        await withTaskGroup(of: Outcome.self) { group in
            for file in due {
                group.addTask(executorPreference: executor) { await fetch(file, files) }
            }
            var outcomes: [Outcome] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private func fetch(_ file: DueFile, _ files: any FilesAPI) async -> Outcome {
        do throws(StoreError) {
            // A tool's link leads to where the API keeps files; what a message links to may be anybody's.
            if case .link(let link) = file.source, !file.allowsAnyHost,
                !files.isOwn(link: link, hosts: file.isMadeByTool ? limits.hosts : [])
            {
                try store.markUnavailable(file: file.key, as: .refused, reason: "foreign_host")
                return .unavailable
            }
            if store.hasWhole(file: file.key) { return outcome(try store.keep(nil, as: file.key), file) }
            guard var partial = try store.fileFolder.partial(file.key) else { return .skipped(file.key) }
            if let error = try await download(file.source, files, into: &partial) { return try note(error, file) }
            return outcome(try store.keep(partial, as: file.key), file)
        } catch { return .failed(file.key, error) }
    }

    private func outcome(_ size: Int?, _ file: DueFile) -> Outcome { size.map { .stored($0) } ?? .skipped(file.key) }

    /// - Returns: why the file is not whole; `nil` if it is.
    private func download(
        _ source: FileReference.Source, _ files: any FilesAPI, into partial: inout PartialFile
    ) async throws(StoreError) -> APIError? {
        let (offset, limit) = (partial.size, limits.size)
        var download: FileDownload
        defer { ProgressMonitor.note(.working) }
        do throws(APIError) {
            // Not behind the circuit breaker: what answers for a file says nothing about other requests.
            switch source {
            case .id(let id):
                download = try await ProgressMonitor.request(limit: HTTPLimits.reading.total) { () throws(APIError) in
                    try await files.content(ofFile: id, from: offset, limit: limit)
                }
            case .link(let link):
                download = try await ProgressMonitor.request(limit: HTTPLimits.reading.total) { () throws(APIError) in
                    try await files.content(behind: link, from: offset, limit: limit)
                }
            }
        } catch {
            // What is there is longer than the file, or of another one.
            if error.kind == .status(416) || error.kind == .notTheAPI(status: 416) { try partial.clear() }
            return error
        }
        if download.offset != partial.size { try partial.clear() }
        while true {
            let chunk: [UInt8]?
            do throws(APIError) { chunk = try await download.next() } catch { return error }
            // One file that comes is a sign of all that are fetched at once: the transport ends each that does not.
            ProgressMonitor.note(.requesting(limit: HTTPLimits.reading.total))
            guard let chunk else { break }
            guard chunk.count <= limit - partial.size else {
                return APIError(.answerTooLarge(limit: limit), effect: .none, message: "the file is too large")
            }
            try partial.append(chunk)
        }
        guard let total = download.total, total != partial.size else { return nil }
        if total < partial.size { try partial.clear() }
        return APIError(.answerLost, effect: .none, message: "\(partial.size) of \(total) bytes came", isAPIsOwn: false)
    }

    private func note(_ error: APIError, _ file: DueFile) throws(StoreError) -> Outcome {
        let isLink = if case .link = file.source { true } else { false }
        switch FileVerdict(error, behindLink: isLink) {
        case .halted: return .halted(error)
        case .unavailable(let state, let reason):
            try store.markUnavailable(file: file.key, as: state, reason: reason)
            return .unavailable
        case .later(let reason, let asked):
            guard file.attempts + 1 < limits.attempts else {
                try store.markUnavailable(
                    file: file.key, as: reason == "not_found" ? .gone : .refused, reason: reason)
                return .unavailable
            }
            let wait = limits.backoff.delay(after: file.attempts + 1, asked: asked)
            try store.delay(file: file.key, until: clock.now + wait, reason: reason)
            return .delayed
        }
    }
}
