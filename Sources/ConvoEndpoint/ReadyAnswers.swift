import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoStore
import NIOCore
import Synchronization

/// The answers to the latest reads, each of which holds until something is committed to the database.
///
/// An answer that is ready is given on the connection's event loop. Making it anew means a transaction on another thread, and
/// two wake-ups of threads take longer than that.
final class ReadyAnswers: Sendable {
    /// The size in bytes of all answers.
    static let sizeLimit = 4 << 20
    /// The size in bytes of a body; a larger one is made anew for each request.
    static let bodyLimit = 1 << 20

    /// An answer that the store has given without the server.
    struct Answer: Sendable {
        private let body: ByteBuffer
        private let freshness: FreshnessHeaders
        /// The fields that are the same at any time.
        private let headers: [(String, String)]

        init(_ body: JSONText, _ freshness: FreshnessHeaders) {
            (self.body, self.freshness) = (ByteBuffer(string: body.text), freshness)
            headers = [("Content-Type", "application/json")] + freshness.fields.map { ($0, $1) }
        }

        /// The size in bytes of the body.
        var size: Int { body.readableBytes }

        func response(at now: Timestamp) -> ReadyResponse {
            ReadyResponse(headers: headers + (freshness.age(at: now).map { [("Age", $0)] } ?? []), body: body)
        }
    }

    private struct State {
        var detector: (@Sendable () -> Int64?)?
        /// As of which commit the answers are.
        var version: Int64?
        var answers: [String: Answer] = [:]
        var size = 0

        mutating func begin(asOf version: Int64?) { (self.version, answers, size) = (version, [:], 0) }

        mutating func add(_ answer: Answer, _ target: String) {
            answers[target] = answer
            size += State.size(answer, target)
        }

        mutating func remove(_ target: String) {
            if let answer = answers.removeValue(forKey: target) { size -= State.size(answer, target) }
        }

        static func size(_ answer: Answer, _ target: String) -> Int {
            answer.size + target.utf8.count + 500  // its fields, and its place in the dictionary
        }
    }

    private let store: Store
    private let state = Mutex(State())

    /// Opens nothing before ``version()``.
    init(of store: Store) { self.store = store }

    /// The number of the database's last commit, to be asked before what is to be kept is read; may wait for the disk.
    func version() -> Int64? {
        if let detector = state.withLock(\.detector) { return detector() }
        // Where it cannot be opened, nothing is kept.
        guard let made = try? store.makeCommitDetector() else { return nil }
        let detector = state.withLock { state in
            // Two detectors do not count alike.
            if state.detector == nil { state.detector = made }
            return state.detector
        }
        return detector?()
    }

    /// Keeps an answer.
    ///
    /// - Parameters:
    ///   - answer: made of what was read after the version was asked for.
    ///   - target: the request's target.
    ///   - version: what ``version()`` has said before.
    func keep(_ answer: Answer, to target: String, asOf version: Int64?) {
        guard let version, !target.isEmpty, answer.size <= ReadyAnswers.bodyLimit else { return }
        state.withLock { state in
            if state.version != version { state.begin(asOf: version) }
            state.remove(target)
            // All are dropped at once: which of them are used is not worth knowing, because the next commit drops them too.
            if state.size + State.size(answer, target) > ReadyAnswers.sizeLimit { state.begin(asOf: version) }
            state.add(answer, target)
        }
    }

    /// The answer to a target, if it is still what the store would give; waits for nothing.
    func answer(to target: String) -> Answer? {
        guard let detector = state.withLock({ $0.answers[target] == nil ? nil : $0.detector }) else { return nil }
        let version = detector()
        return state.withLock { state in
            if state.version != version { state.begin(asOf: version) }
            return state.answers[target]
        }
    }
}
