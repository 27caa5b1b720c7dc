internal import ConvoHTTP
import ConvoJSON
internal import ConvoModel

/// Sends requests and reads answers: what all operations have in common.
struct APIClient: Sendable {
    /// Bytes that are read of an error's body.
    static let errorBodyLimit = 1 << 20

    let baseURL: HTTPURL
    let apiKey: @Sendable () -> String?
    let transport: any HTTPTransport
    let userAgent: String
    let limits: APILimits
    let retries: Retrier
    /// The folder for the entries of long histories; `nil`: they are kept in memory.
    let spoolFolder: String?

    /// The answer's JSON as the operation's own type.
    ///
    /// - Parameters:
    ///   - call: the operation.
    ///   - read: makes the operation's type from the answer's JSON.
    /// - Returns: what `read` makes.
    /// - Throws: ``APIError``; of kind `notTheAPI` if `read` fails.
    func value<Value>(
        _ call: APIRequest, _ read: (JSONAnswer) throws(ModelError) -> Value
    ) async throws(APIError) -> Value {
        try value(of: try await answer(to: call), to: call, read)
    }

    /// Reads an answer of success that has already arrived, as the operation's own type.
    func value<Value>(
        of response: HTTPResponse, to call: APIRequest, _ read: (JSONAnswer) throws(ModelError) -> Value
    ) throws(APIError) -> Value {
        try ResponseInterpreter(head: response.head, call: call).value(of: response.body, read)
    }

    /// Sends a request, with the retries of the policy, and returns an answer of success.
    ///
    /// Its body is not interpreted yet.
    func answer(to call: APIRequest) async throws(APIError) -> HTTPResponse {
        try await retries.run { () async throws(APIError) in
            let key = try usableKey()
            let request = try request(call, key)
            let response: HTTPResponse
            do throws(HTTPError) { response = try await transport.send(request) } catch {
                throw APIError(error, isWrite: call.isWrite)
            }
            try ResponseInterpreter(head: response.head, call: call, key: key).check(response.body)
            return response
        }
    }

    /// Sends a request, with the retries of the policy, and returns the events of an answer of success.
    func events(_ call: APIRequest) async throws(APIError) -> ConversationEventStream {
        try await retries.run { () async throws(APIError) in
            let key = try usableKey()
            let request = try request(call, key)
            let stream: HTTPStream
            do throws(HTTPError) { stream = try await transport.stream(request) } catch {
                throw APIError(error, isWrite: call.isWrite)
            }
            let interpreter = ResponseInterpreter(head: stream.head, call: call, key: key)
            guard interpreter.isSuccess else {
                // A body that breaks off is not the API's whole error, and proves nothing.
                let body = (try? await stream.body.collected(limit: APIClient.errorBodyLimit)) ?? []
                throw interpreter.failure(body)
            }
            try interpreter.check([])
            return ConversationEventStream(stream.body, correlationID: interpreter.correlationID)
        }
    }

    /// The present key; `nil` if there is none and the server is on this machine.
    ///
    /// - Throws: ``APIError``, before anything is sent, if there is no key, or if the key would travel unencrypted to
    ///   another machine.
    func usableKey() throws(APIError) -> BearerToken? {
        let isHere = baseURL.isLoopback && baseURL.scheme == "http"
        guard let text = apiKey() else {
            guard isHere else { throw .keyProblem("there is no API key") }
            return nil
        }
        let key = try BearerToken(text)
        guard isHere || baseURL.scheme == "https" else { throw .keyInTheClear(to: baseURL.origin) }
        return key
    }

    func request(_ call: APIRequest, _ key: BearerToken?) throws(APIError) -> HTTPRequest {
        var headers: HTTPHeaders = ["Accept": call.expected.accepted, "User-Agent": userAgent]
        if let key {
            headers["Authorization"] = key.authorization
            if call.expected == .account { headers["x-api-key"] = key.value }
        }
        if let range = call.range { headers["Range"] = "bytes=\(range)-" }
        if call.body != nil { headers["Content-Type"] = "application/json" }
        return HTTPRequest(
            call.method, baseURL.appending(segments: call.segments, query: call.query), headers: headers,
            body: call.body.map { Array($0.text.utf8) } ?? [], limits: limits.limits(of: call))
    }
}

/// A key that can be sent.
///
/// Printing or reflecting it does not show it.
struct BearerToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The key itself, for the header fields that carry it.
    let value: String

    /// - Throws: ``APIError`` with a hint if a header field cannot carry it.
    init(_ value: String) throws(APIError) {
        guard !value.isEmpty else { throw .keyProblem("the API key is empty") }
        guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .keyProblem("the API key has a blank, a control character or a letter outside ASCII in it")
        }
        self.value = value
    }

    var authorization: String { "Bearer \(value)" }

    /// The text with the key replaced, for messages that may repeat it.
    func removed(from text: String) -> String { text.replacing(value, with: "[key]") }

    var description: String { "(API key)" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
