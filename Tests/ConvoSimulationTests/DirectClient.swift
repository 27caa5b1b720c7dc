import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation

/// A client that sends one request after another to the simulated world and waits for each answer, for short tests.
final class DirectClient {
    var world: SimulatedWorld

    init(
        seed: UInt64 = 1, switches: ServerSwitches = ServerSwitches(), faults: [Int: ExchangeFault] = [:],
        others: [OtherWriter.Step] = []
    ) {
        world = SimulatedWorld(
            seed: seed, switches: switches, faults: FaultPlan(faults), others: OtherWriter(others))
    }

    convenience init(_ change: (inout ServerSwitches) -> Void) {
        var switches = ServerSwitches()
        change(&switches)
        self.init(switches: switches)
    }

    var server: SimulatedServer { world.server }

    /// Sends a request, waits for its answer, and returns it.
    @discardableResult
    func ask(_ request: SimulatedRequest, for operation: OperationID? = nil) -> Result<APIAnswer, APIError> {
        let exchange = world.send(request, for: operation)
        world.advance(to: exchange.finishesAt)
        return exchange.result
    }

    func pass(_ span: Duration) { world.advance(to: world.now + span) }

    /// Starts a conversation and returns its id.
    @discardableResult
    func start(_ text: String = "hello", metadata: JSONText? = nil, store: Bool? = nil) -> RemoteID {
        var request = StartRequest(text)
        request.metadata = metadata
        request.store = store
        return RemoteID(answer(to: .start(request))["conversation_id"]?.string ?? "none")
    }

    @discardableResult
    func append(_ text: String, to id: RemoteID) -> Result<APIAnswer, APIError> {
        ask(.append(AppendRequest(inputs: .text(text)), to: id))
    }

    @discardableResult
    func append(_ entries: [JSONText], to id: RemoteID) -> Result<APIAnswer, APIError> {
        ask(.append(AppendRequest(inputs: .entries(entries)), to: id))
    }

    func restart(_ id: RemoteID, from entry: EntryID, _ text: String = "anew") -> RemoteID {
        let answer = answer(to: .restart(RestartRequest(from: entry, inputs: .text(text)), of: id))
        return RemoteID(answer["conversation_id"]?.string ?? "none")
    }

    func answer(to request: SimulatedRequest) -> JSONText { (try? ask(request).get().object) ?? .null }

    func list(page: Int = 0, pageSize: Int = 100, metadata: JSONText? = nil) -> [RemoteID] {
        let answer = ask(.list(page: page, pageSize: pageSize, metadata: metadata))
        return ((try? answer.get().elements) ?? []).compactMap { $0["id"]?.string.map { RemoteID($0) } }
    }

    func entries(of id: RemoteID) -> [JSONText] { answer(to: .history(id))["entries"]?.elements ?? [] }

    /// The texts of the conversation's entries in order; for an entry without a text, its type.
    func texts(of id: RemoteID) -> [String] {
        entries(of: id).map { $0["content"]?.string ?? $0["type"]?.string ?? "?" }
    }

    func lastEntry(of id: RemoteID) -> EntryID { EntryID(entries(of: id).last?["id"]?.string ?? "none") }
}

extension Result where Failure == APIError {
    var error: APIError? {
        if case .failure(let error) = self { error } else { nil }
    }
    var status: Int? {
        if case .status(let status) = error?.kind { status } else { nil }
    }
}
