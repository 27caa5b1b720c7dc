import ConvoJSON
import ConvoModel
import SeededRandom

/// Synthetic conversations, the same for the same seed.
///
/// A conversation has about 6.5 entries on average, and a text 400 bytes in the median and 900 on average. The texts
/// are in several languages, with code, and there are tool executions and branches.
struct Corpus {
    private static let branchShare = 0.05
    private static let toolShare = 0.08
    /// The share of long conversations, of a hundred entries and more.
    private static let longShare = 0.008
    private static let lengthLimit = 100_000
    private static let firstMicroseconds: Int64 = 1_451_606_400_000_000  // 2016-01-01
    private static let spanMicroseconds: Int64 = 10 * 365 * 86_400_000_000

    struct SyntheticConversation {
        let conversation: JSONText
        let history: JSONText
        let entryCount: Int
    }

    private let entryGoal: Int
    private let vocabularies: [(share: Double, vocabulary: Vocabulary)]
    private var generator: SplitMix64
    private var number = 0
    private var recent: [(id: String, entries: [JSONText])] = []

    init(entries: Int, seed: UInt64) {
        entryGoal = entries
        vocabularies = Vocabulary.all(seed: seed &* 1000)
        generator = SplitMix64(seed: seed)
    }

    /// The next conversation; it is newer than all before.
    mutating func next() -> SyntheticConversation {
        number += 1
        let step = Corpus.spanMicroseconds / Int64(max(1, entryGoal / 6))
        var moment = Corpus.firstMicroseconds + Int64(number) * step
        let createdAt = Timestamp(microseconds: moment)
        let id = "conv_" + hex(at: createdAt)
        let vocabulary = anyVocabulary()
        var entries: [JSONText] = []
        if generator.unit() < Corpus.branchShare, let parent = recent.randomElement(using: &generator) {
            entries = Array(parent.entries.prefix(max(1, parent.entries.count / 2)))
        }
        var count = entries.count + 2 * (1 + Int(generator.unit().squareRootOfNegativeTwiceLogarithm * 1.65))
        if generator.unit() < Corpus.longShare { count += 100 + 2 * Int(50 * generator.unit()) }
        while entries.count < count {
            moment += 1_000_000 + Int64(generator.unit() * 60_000_000)
            entries.append(entry(entries.count, at: Timestamp(microseconds: moment), vocabulary))
        }
        if recent.count == 100 { recent.removeFirst() }
        recent.append((id, entries))
        return SyntheticConversation(
            conversation: .object([
                "id": .string(id), "object": .string("conversation"),
                "name": number % 3 == 0 ? .null : .string(vocabulary.text(bytes: 24, &generator)),
                "description": .null, "instructions": .null, "tools": .array([]), "metadata": .null,
                "completion_args": .object(["temperature": .double(0.3), "max_tokens": .null]),
                "model": .string(number % 4 == 0 ? "mistral-large-latest" : "mistral-medium-latest"),
                "created_at": .string(createdAt.text), "updated_at": .string(Timestamp(microseconds: moment).text),
            ]),
            history: .object([
                "object": .string("conversation.history"), "conversation_id": .string(id), "entries": .array(entries),
            ]), entryCount: entries.count)
    }

    private mutating func entry(_ position: Int, at moment: Timestamp, _ vocabulary: Vocabulary) -> JSONText {
        let text = vocabulary.text(bytes: length(), &generator)
        let isInput = position % 2 == 0
        let time = JSONText.string(moment.text)
        if !isInput, generator.unit() < Corpus.toolShare {
            return .object([
                "object": .string("entry"), "type": .string("tool.execution"), "created_at": time,
                "completed_at": time, "id": .string("tool_exec_" + hex(at: moment)), "name": .string("web_search"),
                "arguments": .string(JSONText.object(["query": .string(text.prefix(60).description)]).text),
                "info": .object(["result": .string(text)]),
            ])
        }
        return .object([
            "object": .string("entry"), "type": .string(isInput ? "message.input" : "message.output"),
            "created_at": time, "completed_at": isInput ? .null : time, "id": .string("msg_" + hex(at: moment)),
            "agent_id": .null, "model": isInput ? nil : .string("mistral-medium-latest"),
            "role": .string(isInput ? "user" : "assistant"), "content": .string(text),
        ])
    }

    /// Draws a text's length in bytes from a log-normal distribution, whose mean is 2.25 times its median.
    private mutating func length() -> Int {
        let normal = max(1e-12, generator.unit()).squareRootOfNegativeTwiceLogarithm * generator.unit().cosineOfTurns
        return min(Corpus.lengthLimit, max(1, Int((400.0.logarithm + 1.27 * normal).exponential)))
    }

    private mutating func anyVocabulary() -> Vocabulary {
        var rest = generator.unit()
        for (share, vocabulary) in vocabularies {
            rest -= share
            if rest < 0 { return vocabulary }
        }
        return vocabularies[0].vocabulary
    }

    /// Draws an id as the server makes them: a UUID of version 7 (RFC 9562), which begins with the time.
    private mutating func hex(at moment: Timestamp) -> String {
        let milliseconds = UInt64(moment.microseconds / 1000)
        let high = milliseconds << 16 | 0x7000 | generator.next() >> 52
        let low = 1 << 63 | generator.next() >> 2
        let digits = String(high, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits + String(low, radix: 16)
    }
}
