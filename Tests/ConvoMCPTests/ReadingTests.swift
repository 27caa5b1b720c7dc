import ConvoJSON
import ConvoModel
import ConvoStore
import SeededRandom
import Testing

@testable import ConvoMCP

@Suite struct `What an agent reads` {
    private typealias Read = (Int, String)

    /// Reads a conversation from cursor to cursor: each entry's number, and its text put together.
    private func readThrough(
        _ agent: AgentStore, _ id: LocalID, from start: String? = nil, _ more: [(String, JSONText?)] = []
    ) throws -> [Read] {
        var (entries, cursor): ([Read], String?) = ([], start)
        var place = 0  // where the next piece of the entry begins
        for _ in 0..<10_000 {
            let result = try agent.call(
                "get_entries", [("conversation", .string(id.rawValue)), ("cursor", cursor.map { .string($0) })] + more)
            #expect(result.tokens <= TokenEstimate.resultLimit)
            for entry in result.structured["entries"]?.elements ?? [] {
                let (number, text) = (entry["number"]?.int ?? -1, entry["text"]?.string ?? "")
                if let last = entries.last, last.0 == number {
                    #expect(entry["offset"]?.int == place)
                    entries[entries.count - 1].1 += text
                } else {
                    entries.append((number, text))
                }
                place = (entry["offset"]?.int ?? 0) + text.unicodeScalars.count
            }
            cursor = result.structured["next_cursor"]?.string
            guard cursor != nil else { return entries }
        }
        return entries
    }

    @Test(arguments: [0, 1, 2, 300])
    func `has each entry once, in order, whatever its length`(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let agent = try AgentStore()
        let texts = (0..<count).map { _ in
            Scripts.text(random.int(in: 0...(random.chance(perMille: 30) ? 30_000 : 200)), &random)
        }
        let id = try agent.add(1, texts)
        let whole = try readThrough(agent, id)
        #expect(whole.map(\.0) == Array((1...max(1, count)).prefix(count)))
        #expect(whole.map(\.1) == texts)
        let small = try readThrough(agent, try agent.add(2, Array(texts.prefix(20))), [("characters", .int(50))])
        #expect(small.map(\.1) == Array(texts.prefix(20)))
    }

    @Test func `goes backwards from the end without a gap, and around an entry`() throws {
        let agent = try AgentStore()
        let id = try agent.add(1, (1...200).map { "entry \($0) " + String(repeating: "word ", count: $0 % 60) })
        func numbers(_ arguments: (String, JSONText?)...) throws -> (numbers: [Int], JSONText) {
            let result = try agent.call("get_entries", [("conversation", .string(id.rawValue))] + arguments)
            return ((result.structured["entries"]?.elements ?? []).compactMap { $0["number"]?.int }, result.structured)
        }
        var (seen, page) = try numbers(("from", .string("end")))
        #expect(page["next_cursor"] == nil)
        while let cursor = page["previous_cursor"] {
            let (earlier, next) = try numbers(("cursor", cursor))
            (seen, page) = (earlier + seen, next)
        }
        #expect(seen == Array(1...200))
        let around = try numbers(("around", .string("#100"))).numbers
        #expect(
            around.contains(100) && around.contains(99) && around.contains(101)
                && around == Array(around[0]...around[around.count - 1]))
        #expect(try numbers(("after", .string("msg_1_9"))).numbers.first == 11)
        #expect(try numbers(("before", .string("11"))).numbers.last == 10)
        let part = try agent.call(
            "get_entries",
            [
                ("conversation", .string(id.rawValue)), ("entry", .string("#3")), ("offset", .int(6)),
                ("characters", .int(4)),
            ])
        #expect(part.structured["entries"]?.elements.first?["text"]?.string == "3 wo")
        #expect(part.structured["entries"]?.elements.first?["next_offset"]?.int == 10)
    }

    @Test func `shows a large entry and its place around it`() throws {
        let agent = try AgentStore()
        let id = try agent.add(1, ["before", String(repeating: "long ", count: 20_000), "after"])
        let result = try agent.call("get_entries", [("conversation", .string(id.rawValue)), ("around", .string("#2"))])
        let entries = result.structured["entries"]?.elements ?? []
        #expect(entries.compactMap { $0["number"]?.int } == [1, 2] && entries.last?["next_offset"] != nil)
        #expect(result.structured["next_cursor"] != nil && result.structured["previous_cursor"] == nil)
        #expect(result.tokens <= TokenEstimate.resultLimit)
    }

    @Test func `begins at the end with a large entry's beginning, and goes on in it`() throws {
        let agent = try AgentStore()
        let text = String(repeating: "long ", count: 5000)
        let id = try agent.add(1, ["first", text])
        let end = try agent.call("get_entries", [("conversation", .string(id.rawValue)), ("from", .string("end"))])
            .structured
        let rest = try readThrough(agent, id, from: end["next_cursor"]?.string)
        let start = end["entries"]?.elements.first?["text"]?.string ?? ""
        #expect(!start.isEmpty && start + (rest.first?.1 ?? "") == text && rest.count == 1)
        let before = try agent.call(
            "get_entries", [("conversation", .string(id.rawValue)), ("cursor", end["previous_cursor"])])
        #expect(before.structured["entries"]?.elements.map { $0["text"]?.string } == ["first"])
    }

    @Test func `has what waits behind the last entry`() throws {
        let agent = try AgentStore(allowsWrites: true)
        let id = try agent.add(1, ["hello"])
        let receipt = try agent.call("append", [("conversation", .string("conv_1")), ("text", .string("and | now"))])
        let window = try agent.call("get_entries", [("conversation", .string(id.rawValue))])
        #expect(
            window.structured["pending"]?.elements.map { $0["operation_id"] } == [receipt.structured["operation_id"]])
        #expect(window.shown.contains("\n| and | now\n"))
        #expect(try agent.store.outbox().count == 1)
    }

    @Test func `lists each conversation once from cursor to cursor, though others come in between`() throws {
        let agent = try AgentStore()
        for number in 1...60 { try agent.add(number, ["text \(number)"]) }
        var (seen, cursor): ([String], JSONText?) = ([], nil)
        repeat {
            let page = try agent.call("list_conversations", [("limit", .int(7)), ("cursor", cursor)]).structured
            seen += (page["conversations"]?.elements ?? []).compactMap { $0["remote_id"]?.string }
            cursor = page["next_cursor"]
            try agent.add(100 + seen.count, ["new"])
        } while cursor != nil
        #expect(Set(seen).count == seen.count && Set(seen).isSuperset(of: (1...60).map { "conv_\($0)" }))
        var (uris, next): ([String], JSONText?) = ([], nil)
        repeat {
            let page = try agent.result("resources/list", [("cursor", next)])
            uris += (page["resources"]?.elements ?? []).compactMap { $0["uri"]?.string }
            next = page["nextCursor"]
        } while next != nil
        #expect(Set(uris).count == uris.count && uris.count > 60)
    }

    @Test func `is found by a search from cursor to cursor`() throws {
        let agent = try AgentStore()
        for number in 1...5 { try agent.add(number, (0..<30).map { "needle \(number) \($0)" }) }
        var (seen, cursor): ([String], JSONText?) = ([], nil)
        repeat {
            let page = try agent.call(
                "search", [("query", .string("needle")), ("limit", .int(40)), ("cursor", cursor)])
            #expect(page.tokens <= TokenEstimate.resultLimit)
            seen += (page.structured["hits"]?.elements ?? []).compactMap { $0["entry_id"]?.string }
            cursor = page.structured["next_cursor"]
        } while cursor != nil
        #expect(seen.count == 150 && Set(seen).count == 150)
        let other = try agent.call(
            "search", [("query", .string("other")), ("cursor", .string(Cursor("20", of: "search?x").text))])
        #expect(other.isError && other.shown.contains("other arguments"))
    }

    @Test func `is read as resources, window by window`() throws {
        let agent = try AgentStore()
        let id = try agent.add(1, (1...300).map { "line \($0)" })
        var (uri, lines): (String?, [Substring]) = (ConversationResources.uri(id), [])
        while let next = uri {
            let contents = try agent.result("resources/read", [("uri", .string(next))])["contents"]?.elements ?? []
            let text = contents.first?["text"]?.string ?? ""
            #expect(
                contents.first?["uri"]?.string == next && TokenEstimate.tokens(in: text) <= TokenEstimate.resultLimit)
            lines += text.split(separator: "\n").filter { $0.hasPrefix("| line") }
            uri = text.split(separator: "\n").last.flatMap {
                $0.hasPrefix("There is more") ? $0.split(separator: " ").last.map(String.init) : nil
            }
        }
        #expect(lines == (1...300).map { "| line \($0)" })
        for wrong in [
            "convo://conversation/", "convo://conversation/zzz", "file:///etc/passwd",
            "convo://conversation/\(id)?cursor=x", "convo://conversation/%zz",
        ] {
            #expect(throws: Unanswered.self) { try agent.result("resources/read", [("uri", .string(wrong))]) }
        }
    }
}

/// Texts in scripts that tokenizers know well and badly.
enum Scripts {
    private static let ranges: [ClosedRange<UInt32>] = [
        0x20...0x7E, 0x61...0x7A, 0x30...0x39, 0xC0...0x17F, 0x410...0x44F, 0x4E00...0x9FFF, 0xAC00...0xD7A3,
        0x1400...0x167F, 0x1F300...0x1F5FF,
        0x22...0x22, 0x5C...0x5C,
    ]

    static func text(_ count: Int, _ random: inout SplitMix64) -> String {
        let range = ranges[random.int(in: 0...ranges.count - 1)]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<count {
            let value = UInt32(random.int(in: Int(range.lowerBound)...Int(range.upperBound)))
            if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
        }
        return String(scalars)
    }
}
