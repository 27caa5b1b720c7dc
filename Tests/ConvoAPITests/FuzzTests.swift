import ConvoAPI
import ConvoHTTP
import ConvoModel
import Testing

/// Real texts with a few bytes changed.
struct Mutator {
    var random: SplitMix64

    private static let inserted: [[UInt8]] = [
        Array("null".utf8), Array("\"\\ud800\"".utf8), Array("[[[[".utf8), Array("{\"type\":".utf8), [0xFF], [0x00],
        Array("1e999".utf8), Array("-".utf8), Array("\\u0000".utf8), Array("\n\n".utf8), Array("\r".utf8),
        Array("data:".utf8),
        Array("99999999999999999999".utf8), [0xEF, 0xBB, 0xBF], Array("\"content\":{}".utf8), Array(",".utf8),
    ]

    mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4: bytes.insert(contentsOf: Self.inserted.randomElement(using: &random) ?? [], at: place)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &random)))
            }
        }
        return bytes
    }
}

@Suite struct `Damaged answers` {
    private static let bodies = [Sample.conversation, Sample.history, Sample.messages, Sample.response].map {
        Array($0.utf8)
    }
    private static let streams = Transcript.all.map { Array($0.utf8) }

    @Test func `never crash what reads bodies`() throws {
        var mutator = Mutator(random: SplitMix64(seed: 1))
        for _ in 0..<Iterations.count(standard: 1_000) {
            let bytes = mutator.mutate(Self.bodies.randomElement(using: &mutator.random) ?? [])
            guard let json = try? JSONText(utf8: bytes) else { continue }
            guard let again = try? JSONText(json.text), again == json else {
                Issue.record("not stable: \(bytes)")
                return
            }
            walk(json)
            _ = try? Conversation(raw: json).name
            _ = try? ConversationHistory(raw: json).entries.map(\.createdAt)
            _ = try? ConversationMessages(raw: json)
            _ = try? ConversationResponse(raw: json).usage
            _ = try? Inputs(json: json).asEntries
            _ = json.setting("stream", to: .bool(true))["stream"]
        }
    }

    /// Reads everything that there is to read.
    private func walk(_ json: JSONText) {
        _ = (json.string, json.int, json.double, json.bool)
        for element in json.elements { walk(element) }
        for member in json.members { walk(member.value) }
    }

    @Test func `never crash what reads streams, and cuts change nothing`() throws {
        var mutator = Mutator(random: SplitMix64(seed: 2))
        for _ in 0..<Iterations.count(standard: 1_000) {
            let bytes = mutator.mutate(Self.streams.randomElement(using: &mutator.random) ?? [])
            let events = try decode([bytes])
            let cut = Int.random(in: 0...bytes.count, using: &mutator.random)
            guard try decode([Array(bytes[..<cut]), Array(bytes[cut...])]) == events else {
                Issue.record("cut at \(cut): \(bytes)")
                return
            }
            var fold = ResponseFold()
            for event in events {
                guard let raw = try? JSONText(event.data), let event = try? ConversationEvent(raw: raw) else {
                    continue
                }
                fold.take(event)
            }
            for entry in fold.entries where (try? JSONText(entry.raw.text)) != entry.raw {
                Issue.record("not JSON: \(entry.raw), from \(bytes)")
                return
            }
            _ = fold.response
        }
    }

    @Test func `never crash the client`() async throws {
        var mutator = Mutator(random: SplitMix64(seed: 3))
        let originals = Self.bodies + Self.streams + [Array(#"{"object":"Error","message":"m","code":3230}"#.utf8)]
        for number in 0..<Iterations.count(standard: 1_000) {
            let body = mutator.mutate(originals.randomElement(using: &mutator.random) ?? [])
            let operation = Operation.allCases[number % Operation.allCases.count]
            let status = [200, 200, 200, 400, 422, 500, 302, 204].randomElement(using: &mutator.random) ?? 200
            let transport = FakeTransport([.stream(HTTPHead(status: status), chunks: [body], nil)])
            do throws(APIError) { try await operation.run(api: transport) } catch {
                guard error.message.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
                    Issue.record("control characters in \(error.message.debugDescription)")
                    return
                }
            }
        }
    }
}

extension Operation {
    fileprivate func run(api transport: FakeTransport) async throws(APIError) {
        try await run(MistralAPI(apiKey: "secret-key", transport: transport))
    }
}
