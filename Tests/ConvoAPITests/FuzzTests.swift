import ConvoHTTP
import ConvoJSON
import ConvoModel
import Expectations
import Fuzzing
import Testing

@testable import ConvoAPI

@Suite struct `Damaged answers` {
    private static let bodies = [Sample.conversation, Sample.history, Sample.messages, Sample.response].map {
        Array($0.utf8)
    }
    private static let streams = Transcript.all.map { Array($0.utf8) }

    @Test func `never crash what reads bodies`() throws {
        var mutator = Mutator(seed: 1)
        var run = FuzzRun(standard: 1_000)
        defer { expectBounded(run) }
        while run.next() {
            let bytes = mutator.mutate(Self.bodies.randomElement(using: &mutator.random) ?? [])
            guard let json = try? JSONText(utf8: bytes) else { continue }
            guard let again = try? JSONText(json.text), again == json else { throw Unexpected("not stable: \(bytes)") }
            walk(json)
            _ = try? Conversation(raw: json).name
            _ = try? ConversationHistory(raw: json).entries.map(\.createdAt)
            _ = try? ConversationMessages(raw: json)
            _ = try? ConversationResponse(raw: json).usage
            _ = (try? JSONAnswer(bytes)).map { try? ConversationHistory($0) }
            _ = try? Inputs(json: json).asEntries
            _ = json.setting("stream", to: .bool(true))["stream"]
        }
    }

    @Test func `give the same history in one piece as while they arrive`() throws {
        var mutator = Mutator(seed: 5)
        var run = FuzzRun(standard: 1_000)
        defer { expectBounded(run) }
        while run.next() {
            let isSound = Bool.random(using: &mutator.random)
            let sample = Array(Sample.history.utf8)
            let bytes = isSound ? sample : mutator.mutate(sample)
            var assembler = HistoryAssembler(into: EntryFile(in: nil), limit: 1 << 20)
            let whole = (try? JSONAnswer(bytes)).flatMap { try? ConversationHistory($0) }
            let arrived: ConversationHistory? = try? {
                var rest = bytes[...]
                while !rest.isEmpty {
                    let chunk = rest.prefix(Int.random(in: 1...40, using: &mutator.random))
                    try assembler.take(Array(chunk))
                    rest = rest.dropFirst(chunk.count)
                }
                return try assembler.history(assembler.frame())
            }()
            guard whole == arrived else {
                Issue.record("\(String(describing: arrived)) of \(String(decoding: bytes, as: UTF8.self))")
                return
            }
        }
    }

    /// Reads every value in the JSON.
    private func walk(_ json: JSONText) {
        _ = (json.string, json.int, json.double, json.bool)
        for element in json.elements { walk(element) }
        for member in json.members { walk(member.value) }
    }

    @Test func `never crash what reads streams, and cuts change nothing`() throws {
        var mutator = Mutator(seed: 2)
        var run = FuzzRun(standard: 1_000)
        defer { expectBounded(run) }
        while run.next() {
            let bytes = mutator.mutate(Self.streams.randomElement(using: &mutator.random) ?? [])
            let events = try decode([bytes])
            let cut = Int.random(in: 0...bytes.count, using: &mutator.random)
            guard try decode([Array(bytes[..<cut]), Array(bytes[cut...])]) == events else {
                throw Unexpected("cut at \(cut): \(bytes)")
            }
            var fold = ResponseAccumulator()
            for event in events {
                guard let raw = try? JSONText(event.data), let event = try? ConversationEvent(raw: raw) else {
                    continue
                }
                fold.take(event)
            }
            for entry in fold.entries where (try? JSONText(entry.raw.text)) != entry.raw {
                throw Unexpected("not JSON: \(entry.raw), from \(bytes)")
            }
            _ = fold.response
        }
    }

    @Test func `never crash the client`() async throws {
        var mutator = Mutator(seed: 3)
        let originals = Self.bodies + Self.streams + [Array(#"{"object":"Error","message":"m","code":3230}"#.utf8)]
        var run = FuzzRun(standard: 1_000)
        defer { expectBounded(run) }
        while run.next() {
            let body = mutator.mutate(originals.randomElement(using: &mutator.random) ?? [])
            let operation = APICall.allCases[run.number % APICall.allCases.count]
            let status = [200, 200, 200, 400, 422, 500, 302, 204].randomElement(using: &mutator.random) ?? 200
            let type = operation.isStream && status == 200 ? "text/event-stream" : "application/json"
            let head = HTTPHead(status: status, headers: ["Content-Type": type])
            let transport = FakeTransport([.stream(head, chunks: [body], nil)])
            do throws(APIError) { try await operation.run(api: transport) } catch {
                guard error.message.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
                    throw Unexpected("control characters in \(error.message.debugDescription)")
                }
            }
        }
    }
}

/// Expects that the memory has not grown; only a long run is judged, because it has the process to itself.
private func expectBounded(_ run: FuzzRun) {
    if let summary = run.summary { print(summary) }
    #expect(run.isBounded)
}

extension APICall {
    fileprivate func run(api transport: FakeTransport) async throws(APIError) {
        try await run(MistralAPI(apiKey: "secret-key", transport: transport))
    }
}
