import ConvoAPI
import ConvoModel
import ConvoStore

/// How much the engine fetches of the files that entries refer to.
public struct FileLimits: Sendable, Hashable {
    /// The largest file in bytes.
    public var size = 25 << 20
    /// How many bytes all files together may have; none is fetched beyond.
    public var quota = 5 << 30
    /// The hosts besides the API's own whose links are fetched without being asked; a name that begins with a dot stands for all
    /// that end with it.
    ///
    /// The API keeps generated files at such a place, and signs links to them.
    public var hosts = [
        ".mistral.ai", ".blob.core.windows.net", ".amazonaws.com", ".storage.googleapis.com", "storage.googleapis.com",
        ".r2.cloudflarestorage.com",
    ]
    /// How many files are fetched at once.
    public var fetches = 4
    /// How often a file is tried.
    public var attempts = 8
    /// The waits between attempts.
    public var backoff = Backoff(initial: .seconds(15), limit: .seconds(3600))

    /// Creates the default limits.
    public init() {}
}

/// The files that one pass over those that were due has fetched.
public struct FileReport: Sendable, Hashable {
    /// How many were stored.
    public var stored = 0
    /// How many bytes they have.
    public var bytes = 0
    /// How many are not there any more, too large, or not to be fetched.
    public var unavailable = 0
    /// How many are tried again later.
    public var delayed = 0
    /// Whether files wait because all of them together would be larger than ``FileLimits/quota``.
    public var isQuotaReached = false

    /// Creates an empty report.
    public init() {}
}

/// What follows from a failed attempt to fetch a file.
enum FileVerdict: Equatable {
    case unavailable(FileState, reason: String)
    case later(reason: String, asked: Duration?)
    /// Nothing can be fetched now, whichever file it is; it does not count as an attempt.
    case halted(APIError)

    init(_ error: APIError, behindLink: Bool) {
        switch error.kind {
        case .status(401) where !behindLink: self = .halted(error)
        case .unreachable where !behindLink: self = .halted(error)
        case .cancelled, .noRoute: self = .halted(error)
        case .status(401), .status(403), .status(404), .status(410):
            self =
                behindLink
                ? .unavailable(.gone, reason: "link_expired")
                : error.isNotFound
                    ? .unavailable(.gone, reason: "not_found")
                    : .later(reason: "server_failed", asked: error.retryAfter)
        case .answerTooLarge: self = .unavailable(.tooLarge, reason: "too_large")
        case .unusableRequest:
            self = error.keyProblem == nil ? .unavailable(.refused, reason: "unusable_link") : .halted(error)
        // How the API answers for a file that it does not have is not known.
        case .notTheAPI(404): self = .later(reason: "not_found", asked: nil)
        case .notTheAPI: self = .later(reason: "not_the_api", asked: nil)
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

    /// How many files are looked up at once.
    private static let batch = 64

    private enum Outcome {
        case stored(Int), unavailable, delayed, skipped(Int64), halted(APIError), failed(StoreError)
    }

    /// Fetches what is due, until nothing is.
    ///
    /// - Parameter progress: called after each few files.
    /// - Returns: what was done; `nil` if the account is not verified, or fetches no files.
    /// - Throws: ``SyncFailure`` if nothing can be fetched now.
    func fetchDue(progress: (FileReport) -> Void = { _ in }) async throws(SyncFailure) -> FileReport? {
        // While the breaker is open, pull and push find out when the server is there again.
        guard let files = account.connection?.files, breaker.holdsUntil == nil else { return nil }
        var report = FileReport()
        do {
            let before = try store.storedFileBytes()
            // What another process fetches stays due.
            var skipped: Set<Int64> = []
            while !Task.isCancelled {
                let due = try store.dueFiles(limit: FileFetcher.batch + skipped.count, now: clock.now)
                    .filter { !skipped.contains($0.key) }
                if due.isEmpty { break }
                for start in stride(from: 0, to: due.count, by: limits.fetches) {
                    guard before + report.bytes < limits.quota else {
                        report.isQuotaReached = true
                        return report
                    }
                    for outcome in await fetch(due[start...].prefix(limits.fetches), files) {
                        switch outcome {
                        case .stored(let bytes):
                            report.stored += 1
                            report.bytes += bytes
                        case .unavailable: report.unavailable += 1
                        case .delayed: report.delayed += 1
                        case .skipped(let key): skipped.insert(key)
                        case .halted(let error): throw error
                        case .failed(let error): throw error
                        }
                    }
                    progress(report)
                }
            }
            return report
        } catch { throw SyncFailure(error) }
    }

    /// Fetches some files at once.
    private func fetch(_ due: ArraySlice<DueFile>, _ files: any FilesAPI) async -> [Outcome] {
        await withTaskGroup(of: Outcome.self) { group in
            for file in due { group.addTask { await fetch(file, files) } }
            var outcomes: [Outcome] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private func fetch(_ file: DueFile, _ files: any FilesAPI) async -> Outcome {
        do throws(StoreError) {
            guard let source = file.source else {
                try store.markUnavailable(file: file.key, as: .gone, reason: "not_found")
                return .unavailable
            }
            if case .link(let link) = source, !file.allowsAnyHost, !files.isOwn(link: link, hosts: limits.hosts) {
                try store.markUnavailable(file: file.key, as: .refused, reason: "foreign_host")
                return .unavailable
            }
            guard var partial = try store.fileFolder.partial(file.key) else { return .skipped(file.key) }
            if let error = try await download(source, files, into: &partial) {
                return try note(error, source, file, partial)
            }
            return .stored(try store.keep(partial, as: file.key).size)
        } catch { return .failed(error) }
    }

    /// - Returns: why the file is not whole; `nil` if it is.
    private func download(
        _ source: FileReference.Source, _ files: any FilesAPI, into partial: inout FileFolder.Partial
    ) async throws(StoreError) -> APIError? {
        let (offset, limit) = (partial.size, limits.size)
        var download: FileDownload
        do throws(APIError) {
            switch source {
            case .id(let id):
                download = try await breaker.pass { () throws(APIError) in
                    .answered(try await files.content(ofFile: id, from: offset, limit: limit))
                }
            // The host of a link is not the API's: whether it can be reached says nothing about other requests.
            case .link(let link): download = try await files.content(behind: link, from: offset, limit: limit)
            }
        } catch {
            // What is there is longer than the file, or of another one.
            if error.kind == .status(416) { try partial.clear() }
            return error
        }
        if download.offset != partial.size { try partial.clear() }
        while true {
            let chunk: [UInt8]?
            do throws(APIError) { chunk = try await download.next() } catch { return error }
            guard let chunk else { return nil }
            guard chunk.count <= limit - partial.size else {
                return APIError(.answerTooLarge(limit: limit), effect: .none, message: "the file is too large")
            }
            try partial.append(chunk)
        }
    }

    private func note(
        _ error: APIError, _ source: FileReference.Source, _ file: DueFile, _ partial: consuming FileFolder.Partial
    ) throws(StoreError) -> Outcome {
        let isLink = if case .link = source { true } else { false }
        switch FileVerdict(error, behindLink: isLink) {
        case .halted(let error): return .halted(error)
        case .unavailable(let state, let reason):
            partial.remove()
            try store.markUnavailable(file: file.key, as: state, reason: reason)
            return .unavailable
        case .later(let reason, let asked):
            guard file.attempts + 1 < limits.attempts else {
                partial.remove()
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
