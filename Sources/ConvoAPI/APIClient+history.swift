internal import ConvoHTTP
internal import ConvoModel

extension APIClient {
    /// A history of more bytes is read while it arrives.
    private static let longHistory = 1 << 20

    /// Reads a history, with the retries of the policy.
    ///
    /// The entries of a long one are kept in a file in ``spoolFolder``: it is never in memory as a whole.
    func history(_ call: APIRequest) async throws(APIError) -> ConversationHistory {
        try await retries.run { () async throws(APIError) in
            let key = try usableKey()
            let request = try request(call, key)
            let stream: HTTPStream
            do throws(HTTPError) {
                stream = try await transport.receive(request, gathering: APIClient.longHistory)
            } catch { throw APIError(error, isWrite: false) }
            var chunks = HistoryChunks(stream.body)
            let first = try await chunks.next() ?? []
            let second = try await chunks.next()
            let interpreter = ResponseInterpreter(head: stream.head, call: call, key: key)
            guard let second else {
                try interpreter.check(first)
                return try interpreter.value(of: first) { answer throws(ModelError) in try ConversationHistory(answer) }
            }
            // The API's own errors are short: the client takes nothing from the body of a longer one.
            try interpreter.check(interpreter.isSuccess ? first : [])
            var assembler = HistoryAssembler(into: EntryFile(in: spoolFolder), limit: limits.entry)
            do throws(HistoryAssembler.Flaw) {
                try assembler.take(first)
                try assembler.take(second)
            } catch { throw interpreter.error(error, limit: limits.entry) }
            while let chunk = try await chunks.next() {
                do throws(HistoryAssembler.Flaw) { try assembler.take(chunk) } catch {
                    throw interpreter.error(error, limit: limits.entry)
                }
            }
            return try interpreter.history(assembler, limit: limits.entry)
        }
    }
}

/// The body of a history as it comes.
private struct HistoryChunks {
    private var chunks: HTTPBody.Iterator

    init(_ body: HTTPBody) { chunks = body.makeAsyncIterator() }

    /// - Throws: ``APIError`` if the body breaks off.
    mutating func next() async throws(APIError) -> [UInt8]? {
        do throws(HTTPError) { return try await chunks.next() } catch { throw APIError(error, isWrite: false) }
    }
}

extension ResponseInterpreter {
    fileprivate func history(_ assembler: HistoryAssembler, limit: Int) throws(APIError) -> ConversationHistory {
        let frame: JSONAnswer
        do throws(HistoryAssembler.Flaw) { frame = try assembler.frame() } catch {
            throw self.error(error, limit: limit)
        }
        return try value(of: frame) { frame throws(ModelError) in try assembler.history(frame) }
    }

    fileprivate func error(_ flaw: HistoryAssembler.Flaw, limit: Int) -> APIError {
        switch flaw {
        case .tooLarge(let reason):
            APIError(.answerTooLarge(limit: limit), effect: .none, message: "the history is too large: \(reason)")
        case .noRoom:
            APIError(
                .answerLost, effect: .none, message: "there is no room for a long history beside the database",
                isAPIsOwn: false)
        case .syntax(let error): notTheAPI(because: "\(error)")
        }
    }
}
