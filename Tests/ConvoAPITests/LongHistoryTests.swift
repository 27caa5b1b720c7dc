import ConvoHTTP
import ConvoJSON
import ConvoModel
import Expectations
import Foundation
import TestFolders
import Testing

@testable import ConvoAPI

/// Histories whose bodies come in several pieces, as the transport gives those over a megabyte.
@Suite struct `A long history` {
    private let id = RemoteID("conv_1")

    private func entry(_ number: Int, size: Int = 100) -> String {
        #"{"type":"message.input","id":"msg_\#(number)","content":"\#(String(repeating: "ä", count: size / 2))"}"#
    }

    private func body(_ count: Int) -> [UInt8] {
        let entries = (0..<count).map { entry($0) }.joined(separator: " ,\n")
        return Array(
            #"{"object": "conversation.history", "entries": [\#(entries) ], "conversation_id": "conv_1"}"#.utf8)
    }

    private func pieces(_ body: [UInt8], of size: Int = 1_000) -> [[UInt8]] {
        stride(from: 0, to: body.count, by: size).map { Array(body[$0..<min($0 + size, body.count)]) }
    }

    private func read(
        _ chunks: [[UInt8]], status: Int = 200, error: HTTPError? = nil, folder: String? = nil, entryLimit: Int? = nil
    ) async throws(APIError) -> ConversationHistory {
        let transport = FakeTransport([.stream(HTTPHead(status: status, headers: .json), chunks: chunks, error)])
        var limits = APILimits()
        if let entryLimit { limits.entry = entryLimit }
        let api = try MistralAPI(apiKey: "key", transport: transport, limits: limits, spoolFolder: folder)
        return try await api.getHistory(of: id)
    }

    @Test func `has the same entries, in memory or in a file that has no name`() async throws {
        let folder = try TemporaryFolder()
        let body = body(3_000)
        let whole = try ConversationHistory(JSONAnswer(body))
        for place in [nil, folder.path, "/nowhere/at/all"] {
            let history = try await read(pieces(body), folder: place)
            #expect(history == whole)
            #expect(history.entries.isReadable && !history.entries.isInMemory)
            #expect(history.entries.byteCount == whole.entries.byteCount)
            #expect(history.entries.reversed().map(\.id) == whole.entries.reversed().map(\.id))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `sets aside what cannot be kept, and nothing else`() async throws {
        let deep = #"{"id":"deep","x":\#(String(repeating: "[", count: 600) + String(repeating: "]", count: 600))}"#
        let start = Array(#"{"conversation_id":"conv_1","entries":[\#(entry(1)),\#(deep),{"id":"caf"#.utf8)
        let body = start + [0xE9] + Array(#""},7]}"#.utf8)
        let history = try await read(pieces(body, of: 50))
        #expect(history.entries.map(\.id) == [EntryID("msg_1"), EntryID("caf\u{FFFD}"), nil])
        #expect(history.oddItems == (try ConversationHistory(JSONAnswer(body))).oddItems)
        #expect(history.oddItems.map(\.position) == [1, 2])
    }

    @Test func `that breaks off, is no JSON or about another conversation gives no history`() async throws {
        let body = body(100)
        let lost = HTTPError(.connectionLost, mayHaveReachedServer: true, message: "lost")
        func kind(_ chunks: [[UInt8]], error: HTTPError? = nil, limit: Int? = nil) async throws -> APIError.Kind {
            try await Expectations.error { () throws(APIError) in
                try await read(chunks, error: error, entryLimit: limit)
            }.kind
        }
        #expect(try await kind(Array(pieces(body).dropLast()), error: lost) == .answerLost)
        #expect(try await kind(Array(pieces(body).dropLast())) == .notTheAPI(status: 200))
        #expect(try await kind(pieces(body + [0x7D])) == .notTheAPI(status: 200))
        let other = String(decoding: body, as: UTF8.self).replacing("conv_1", with: "conv_2")
        #expect(try await kind(pieces(Array(other.utf8))) == .notTheAPI(status: 200))
        #expect(try await kind(pieces(body), limit: 50) == .answerTooLarge(limit: 50))
    }

    @Test func `ends at a limit, however it is made`() throws {
        func flaw(_ text: String, limit: Int = 100, entryLimit: Int = 9, of spool: any EntrySpool = EntryFile(in: nil))
            throws
            -> HistoryAssembler.Flaw
        {
            var assembler = HistoryAssembler(into: spool, limit: limit, entryLimit: entryLimit)
            do throws(HistoryAssembler.Flaw) { try assembler.take(Array(text.utf8)) } catch { return error }
            throw Unexpected("it was taken")
        }
        let start = #"{"conversation_id":"c","entries":["#
        for text in [
            start + String(repeating: "1,", count: 20), start + "\"" + String(repeating: "a", count: 200),
            "{\"" + String(repeating: "a", count: 200), "{\"a\":" + String(repeating: "[]", count: 60),
        ] {
            guard case .tooLarge = try flaw(text) else { throw Unexpected(text) }
        }
        let large = start + "\"" + String(repeating: "a", count: EntryFile.memoryLimit) + "\",1,"
        guard case .noRoom = try flaw(large, limit: 1 << 30) else { throw Unexpected("it has room") }
    }

    @Test(arguments: [404, 503]) func `is none where a long text comes with an error's status`(status: Int) async throws
    {
        let error = try await Expectations.error { () throws(APIError) in
            try await read(pieces(body(100)), status: status)
        }
        #expect(!error.isNotFound && !error.isAPIsOwn)
    }
}
