import ConvoJSON
import ConvoModel
import ConvoServer
import MistralEmulator
import Synchronization

/// Gives the emulator's runs their time: the model's thinking, the pauses of a stream, a commit that is late.
extension Sandbox {
    /// Starts a write; its run continues after the client leaves.
    ///
    /// - Returns: the events of a stream, or, for an operation that is not streamed, one event whose data is the
    ///   whole response.
    /// - Throws: the refusal of the request, or the answer of a fault in place of the result.
    func write(
        _ operation: Operation, _ id: RemoteID?, _ body: JSONText, _ principal: Principal
    ) async throws(ServiceError) -> ServerEvents {
        let faults = try await begin(operation, id, body)
        let request = Sandbox.request(operation, id, body)
        guard case .run(let run) = try handle(request, by: principal, faults) else { throw .connectionReset }
        let (events, continuation) = ServerEvents.makeStream()
        let presence = ClientPresence()
        continuation.onTermination = { if case .cancelled = $0 { presence.leave() } }
        let writer = EventWriter(
            answer: continuation, isStream: operation.isStream, cutAfter: faults.cutAfter, cut: switches.cut)
        // Not cancelled when the client leaves, because the real server continues too. stop() cancels it.
        runs[run.number] = Task {
            await self.perform(run, faults, presence, writer)
            self.runs[run.number] = nil
        }
        guard let loss = faults.loss else { return events }
        if faults.answer != .lateCommit { try await ServiceError.wait(for: events) }
        throw loss
    }

    private static func request(_ operation: Operation, _ id: RemoteID?, _ body: JSONText) -> Emulator.Request {
        guard let id else { return .start(body) }
        switch operation {
        case .restart, .restartStream: return .restart(body, of: id)
        default: return .append(body, to: id)
        }
    }

    private func perform(_ run: Run, _ faults: RequestFaults, _ presence: ClientPresence, _ writer: EventWriter) async {
        var writer = writer
        do {
            writer.write(run.firstEvent)
            let more = faults.has(.longRun) ? switches.longRunMilliseconds : 0
            try await pause(.milliseconds(switches.answerMilliseconds + more) + run.thinking)
            let answer = try speak(run, isStream: writer.isStream)
            // The disk has what a failed run leaves before the client learns of the error.
            if case .failure = answer.result { try finish(run, isKept: true) }
            for event in answer.events where writer.isStream {
                if event.followsPause { try await pause(.milliseconds(switches.deltaMilliseconds)) }
                writer.write(event)
            }
            if writer.isCut { presence.leave() }
            let isKept = try await isKept(answer, faults, presence)
            // The commit is in the same step as the answer: a client that has read the answer never finds the
            // conversation locked.
            try finish(run, isKept: isKept)
            writer.end(answer, isKept: isKept)
        } catch {
            drop(run)
            writer.answer.finish(throwing: error)
        }
    }

    /// Waits as long as the commit is delayed: under the fault `late-commit`, and after the client has left.
    ///
    /// - Returns: whether to store the turn.
    private func isKept(
        _ answer: SpokenAnswer, _ faults: RequestFaults, _ presence: ClientPresence
    ) async throws(ServiceError) -> Bool {
        guard case .success = answer.result else { return true }
        if faults.answer == .lateCommit {
            try await pause(.milliseconds(switches.lateCommitMilliseconds))
        } else if let absence = presence.absence {
            try await pause(.milliseconds(switches.disconnectLockMilliseconds) - absence)
            return switches.cutStreamOutput == .stored
        }
        return true
    }
}

extension RequestFaults {
    /// How many events a stream sends before it is cut; `nil` where it is not cut.
    fileprivate var cutAfter: Int? { answer == .cutStream ? 2 : nil }
}

extension ServiceError {
    /// Waits until a run has ended.
    ///
    /// - Throws: what the run failed with.
    fileprivate static func wait(for events: ServerEvents) async throws(ServiceError) {
        do {
            for try await _ in events {}
        } catch {
            throw error as? ServiceError ?? .connectionReset
        }
    }
}

/// Whether a run's client is still connected.
///
/// The answer's stream calls ``leave()`` outside of the sandbox's actor.
final class ClientPresence: Sendable {
    private let left = Mutex<ContinuousClock.Instant?>(nil)

    func leave() { left.withLock { $0 = $0 ?? .now } }

    /// How long ago the client left; `nil` while it is connected.
    var absence: Duration? { left.withLock { $0.map { $0.duration(to: .now) } } }
}

/// Writes an answer, as a stream until it is cut, or as a whole.
private struct EventWriter {
    let answer: ServerEvents.Continuation
    let isStream: Bool
    let cutAfter: Int?
    let cut: Switches.Cut
    private(set) var isCut = false
    private var count = 0

    init(answer: ServerEvents.Continuation, isStream: Bool, cutAfter: Int?, cut: Switches.Cut) {
        (self.answer, self.isStream, self.cutAfter, self.cut) = (answer, isStream, cutAfter, cut)
    }

    mutating func write(_ event: StreamEvent) {
        guard isStream, !isCut else { return }
        answer.yield(ServerEvent(event.type, data: event.data))
        count += 1
        guard let cutAfter, count >= cutAfter else { return }
        isCut = true
        if cut == .reset { answer.finish(throwing: ServiceError.connectionReset) } else { answer.finish() }
    }

    /// Writes what follows the commit, and ends the answer.
    mutating func end(_ spoken: SpokenAnswer, isKept: Bool) {
        switch spoken.result {
        case .success(let response):
            if isKept, let event = spoken.lastEvent { write(event) }
            if isKept, !isStream { answer.yield(ServerEvent("conversation.response", data: response)) }
            answer.finish()
        case .failure(let refusal):
            if isStream { answer.finish() } else { answer.finish(throwing: ServiceError(refusal)) }
        }
    }
}
