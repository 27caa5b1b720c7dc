import ConvoHTTP
import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoSimulation
import ConvoStore
import ConvoSync
import SeededRandom
import Synchronization

@testable import ConvoEndpoint

/// What a program asks the endpoint for, and how badly it hears the answers.
struct ProgramPlan: Hashable, Sendable {
    /// One request: a start, or an append to the conversation that the program's first start has made.
    struct Request: Hashable, Sendable {
        let after: Duration
        let isStart: Bool
        let isStreamed: Bool
        let text: String
    }

    let seed: UInt64
    let requests: [Request]
    /// How many of a thousand answers are lost between the endpoint and the program.
    let losses: Int
    let policy: OfflineWrites

    init(drawnFrom seed: UInt64) {
        var random = SplitMix64(seed: seed ^ 0x7072_6f67)
        self.seed = seed
        losses = random.element(of: [0, 150, 300]) ?? 0
        policy = random.chance(perMille: 500) ? .queue : .fail
        requests = (0..<random.int(in: 2...6)).map { number in
            Request(
                after: random.duration(in: .zero...Duration.seconds(90)),
                isStart: number == 0 || random.chance(perMille: 200), isStreamed: random.chance(perMille: 400),
                text: random.element(of: ["hello", "again", "sandbox:error=503"]) ?? "hello")
        }
    }
}

/// The endpoint of our process, which is gone while no process lives.
final class EndpointPlace: Sendable {
    private let service = Mutex<EndpointService?>(nil)
    private let executor: OneAtATime

    init(on executor: OneAtATime) { self.executor = executor }

    var present: EndpointService? { service.withLock { $0 } }

    /// Opens the endpoint of a process.
    func open(_ store: Store, _ engine: SyncEngine, _ policy: OfflineWrites, _ rules: EndpointRules, wake: AsyncEvent) {
        let backend = EndpointBackend()
        var options = EndpointOptions()
        options.offlineWrites = policy
        backend.serve(EndpointBackend.Parts(store: store, engine: engine, options: options) { wake.notify() })
        // What the outbox cannot hold is not among the requests, so nothing passes.
        let upstream = Upstream(transport: ClosedTransport()) { throw CancellationError() }
        let opened = EndpointService(
            backend: backend, upstream: upstream, storing: nil, relaying: executor, rules: rules)
        service.withLock { $0 = opened }
    }

    func close() { service.withLock { $0 = nil } }
}

private struct ClosedTransport: HTTPTransport {
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse { throw Self.closed }
    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream { throw Self.closed }
    private static let closed = HTTPError(.notConnected, mayHaveReachedServer: false, message: "closed")
}

/// A connection that the program ends.
private final class ProgramConnection: Sendable {
    private let ending = Mutex<(@Sendable (ClientConnection.Event) -> Void)?>(nil)

    var client: ClientConnection {
        ClientConnection(self) {
            false
        } observe: { [self] action in
            ending.withLock { $0 = action }
        }
    }

    func end(isBroken: Bool) { ending.withLock { $0 }?(.ended(isBroken: isBroken)) }
}

/// A program with an SDK that tries again, as official ones do: whatever it gets no answer to, 429, and all from 500 on.
final class SimulatedProgram: Sendable {
    /// What the program was told of one of its requests.
    enum Told: Hashable, Sendable { case nothing, success(OperationID?), refusal(Int) }

    private static let tries = 14

    let plan: ProgramPlan
    private let person: SimulatedUser
    private let place: EndpointPlace
    private let disk: Disk
    private let state: Mutex<(random: SplitMix64, told: [Int: Told], asked: [VirtualInstant], isDone: Bool)>

    init(_ plan: ProgramPlan, _ person: SimulatedUser, _ place: EndpointPlace, _ disk: Disk) {
        (self.plan, self.person, self.place, self.disk) = (plan, person, place, disk)
        state = Mutex((SplitMix64(seed: plan.seed), [:], [], false))
    }

    /// What the program was told of its requests, by the number that each carries.
    var told: [Int: Told] { state.withLock(\.told) }
    /// When it made requests: the engine tries at once then, also during an outage.
    var asked: [VirtualInstant] { state.withLock(\.asked) }
    var isDone: Bool { state.withLock(\.isDone) }

    /// Makes one request after the other.
    func run(on stage: Stage) async {
        var conversation: RemoteID?
        for request in plan.requests {
            guard (try? await stage.wait(until: stage.world.now + request.after)) != nil else { return }
            let number = person.announce()
            state.withLock { $0.told[number] = .nothing }
            let begun = await make(request, number, in: conversation, stage)
            if request.isStart { conversation = conversation ?? begun }
        }
        state.withLock { $0.isDone = true }
    }

    /// Makes a request until there is an answer; returns the conversation that it tells.
    private func make(
        _ request: ProgramPlan.Request, _ number: Int, in conversation: RemoteID?, _ stage: Stage
    ) async -> RemoteID? {
        let target = request.isStart ? nil : conversation
        var members: [(String, JSONText?)] = [
            ("inputs", .string(request.text)), ("completion_args", .object(["random_seed": .int(number)])),
        ]
        if target == nil { members.append(("model", .string("m"))) }
        for attempt in 1...SimulatedProgram.tries {
            if let endpoint = place.present {
                state.withLock { $0.asked.append(stage.world.now) }
                let connection = ProgramConnection()
                let call = EndpointCall(name: nil, over: connection.client)
                person.expect(number) { call.operation }
                let outcome = await ask(endpoint, .object(members), target, request.isStreamed, call)
                let isLost = state.withLock { $0.random.chance(perMille: plan.losses) }
                // An answer may be lost before it is written, or behind that.
                let isWritten = state.withLock { $0.random.chance(perMille: 500) } || !isLost
                if case .told = outcome, isWritten { endpoint.responded(to: call) }
                if case .told(let told, let id) = outcome, !isLost {
                    connection.end(isBroken: false)
                    if case .success(let operation?) = told { person.heard(operation) }
                    disk.beSeen()
                    state.withLock { $0.told[number] = told }
                    return id
                }
                connection.end(isBroken: true)
            }
            guard (try? await stage.wait(until: stage.world.now + .seconds(min(60, attempt * 2)))) != nil else {
                return nil
            }
        }
        return nil
    }

    private enum Outcome { case told(Told, RemoteID?), tryAgain }

    private func ask(
        _ endpoint: EndpointService, _ body: JSONText, _ target: RemoteID?, _ isStreamed: Bool, _ call: EndpointCall
    ) async -> Outcome {
        do {
            if isStreamed {
                let streamed = body.setting("stream", to: .bool(true))
                let events =
                    if let target { try await endpoint.appendStream(streamed, to: target, by: call) } else {
                        try await endpoint.startStream(streamed, by: call)
                    }
                var id: RemoteID?
                for try await event in events {
                    id = id ?? event.data["conversation_id"]?.string.map { RemoteID($0) }
                    if event.type == "conversation.response.done" { return .told(.success(call.operation), id) }
                    if event.type == "conversation.response.error" { return .told(.refusal(200), nil) }
                }
                return .tryAgain
            }
            let answer =
                if let target { try await endpoint.append(body, to: target, by: call) } else {
                    try await endpoint.start(body, by: call)
                }
            return .told(.success(call.operation), answer["conversation_id"]?.string.map { RemoteID($0) })
        } catch ServiceError.answer(let status, _, _) where !SimulatedProgram.triesAgain(after: status) {
            return .told(.refusal(status), nil)
        } catch ServiceError.relayed(let answer) where !SimulatedProgram.triesAgain(after: answer.status) {
            return .told(.refusal(answer.status), nil)
        } catch {
            return .tryAgain
        }
    }

    private static func triesAgain(after status: Int) -> Bool { status == 429 || status >= 500 }
}
