internal import ConvoHTTP
internal import ConvoModel

/// Sends calls and reads answers: what all operations have in common.
struct APIClient: Sendable {
    /// Of an error's body no more is read.
    static let errorBodyLimit = 1 << 20

    let baseURL: HTTPURL
    let apiKey: @Sendable () -> String?
    let transport: any HTTPTransport
    let userAgent: String
    let limits: APILimits
    let retries: Retries

    /// The answer's JSON as the operation's own type.
    func value<Value>(
        _ call: Call, _ read: (JSONText) throws(ModelError) -> Value
    ) async throws(APIError) -> Value {
        try value(of: try await answer(to: call), to: call, read)
    }

    /// Of an answer that is here.
    func value<Value>(
        of response: HTTPResponse, to call: Call, _ read: (JSONText) throws(ModelError) -> Value
    ) throws(APIError) -> Value {
        let answer = Answer(head: response.head, isWrite: call.isWrite)
        let json = try answer.json(response.body)
        do {
            return try read(json)
        } catch {
            throw answer.malformed("the server's answer is not what the API promises: \(error)")
        }
    }

    /// An answer of success.
    func answer(to call: Call) async throws(APIError) -> HTTPResponse {
        try await retries.run { () async throws(APIError) in
            let key = try usableKey()
            let request = try request(call, key)
            let response: HTTPResponse
            do throws(HTTPError) { response = try await transport.send(request) } catch {
                throw APIError(error, isWrite: call.isWrite)
            }
            try Answer(head: response.head, isWrite: call.isWrite, key: key).check(response.body)
            return response
        }
    }

    /// The events of an answer of success.
    func events(_ call: Call) async throws(APIError) -> ConversationEventStream {
        try await retries.run { () async throws(APIError) in
            let key = try usableKey()
            let request = try request(call, key)
            let stream: HTTPStream
            do throws(HTTPError) { stream = try await transport.stream(request) } catch {
                throw APIError(error, isWrite: call.isWrite)
            }
            let answer = Answer(head: stream.head, isWrite: call.isWrite, key: key)
            guard answer.isSuccess else {
                // The status says it all: a body that breaks off takes nothing away from it.
                let body = (try? await stream.body.collected(limit: APIClient.errorBodyLimit)) ?? []
                throw answer.failure(body)
            }
            try answer.checkIsEventStream()
            return ConversationEventStream(stream.body, correlationID: answer.correlationID)
        }
    }

    private func usableKey() throws(APIError) -> APIKey? {
        if let key = apiKey() { return try APIKey(key) }
        guard baseURL.isLoopback, baseURL.scheme == "http" else { throw .keyProblem("there is no API key") }
        return nil
    }

    private func request(_ call: Call, _ key: APIKey?) throws(APIError) -> HTTPRequest {
        var headers: HTTPHeaders = [
            "Accept": call.isStream ? "text/event-stream" : "application/json", "User-Agent": userAgent,
        ]
        if let key { headers["Authorization"] = key.authorization }
        if call.body != nil { headers["Content-Type"] = "application/json" }
        return HTTPRequest(
            call.method, baseURL.appending(segments: call.segments, query: call.query), headers: headers,
            body: call.body.map { Array($0.text.utf8) } ?? [], limits: limits.limits(of: call))
    }
}
