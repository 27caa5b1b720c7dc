internal import ConvoHTTP
internal import ConvoJSON
internal import ConvoModel
internal import ConvoPlatform

/// Reads one answer: a value, or the error that follows from it.
///
/// ``AnswerClass`` decides which.
struct ResponseInterpreter {
    let head: HTTPHead
    let call: APIRequest
    /// The key that was sent: a server's message may repeat it.
    var key: BearerToken?

    var isSuccess: Bool { (200..<300).contains(head.status) }

    /// The server's id of the exchange; `nil` if there is none, or it is not printable ASCII of at most 128 bytes.
    var correlationID: String? {
        guard let id = head.headers["mistral-correlation-id"], id.utf8.count <= 128,
            id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return id
    }

    /// Checks the status, and the media type of a success.
    ///
    /// - Throws: the ``APIError`` of an answer that is not a success, or whose media type is not the operation's.
    func check(_ body: [UInt8]) throws(APIError) {
        guard isSuccess else { throw failure(body) }
        let kind = AnswerClass(
            successStatus: head.status, mediaType: mediaType, isBodyEmpty: body.isEmpty, expecting: call.expected)
        guard kind == .success else { throw notTheAPI() }
    }

    /// The operation's value.
    ///
    /// - Throws: ``APIError`` of kind `notTheAPI` for a body that is not what the operation answers.
    func value<Value>(
        of body: [UInt8], _ read: (JSONAnswer) throws(ModelError) -> Value
    ) throws(APIError) -> Value {
        let answer: JSONAnswer
        do throws(JSONSyntaxError) { answer = try JSONAnswer(body) } catch {
            throw notTheAPI(because: "\(error)")
        }
        return try value(of: answer, read)
    }

    /// The operation's value, of a body that was already taken apart.
    ///
    /// - Throws: ``APIError`` of kind `notTheAPI` for a body that is not what the operation answers.
    func value<Value>(
        of answer: JSONAnswer, _ read: (JSONAnswer) throws(ModelError) -> Value
    ) throws(APIError) -> Value {
        if let flaw = call.expected.flaw(of: answer) { throw notTheAPI(because: flaw) }
        do { return try read(answer) } catch { throw notTheAPI(because: "\(error)") }
    }

    /// The error of an answer whose status is not a success.
    func failure(_ body: [UInt8]) -> APIError {
        let said = ErrorMessage(body, isJSON: AnswerClass.isJSON(mediaType))
        let kind = AnswerClass(errorStatus: head.status, shape: said.shape, isOverPlan: isOverPlan)
        guard case .failure(let kind, let isAPIsOwn, let changedNothing) = kind else { return notTheAPI() }
        if case .notTheAPI = kind { return notTheAPI() }
        let shown = said.message.map { key?.removed(from: $0) ?? $0 }?.printable
        return APIError(
            kind, effect: call.isWrite && !changedNothing ? .unknown : .none, message: shown ?? plainMessage,
            serverCode: said.code, retryAfter: RetryAfter.wait(head.headers, now: ResponseInterpreter.now),
            correlationID: correlationID, isAPIsOwn: isAPIsOwn, answer: answer(body))
    }

    /// The error of an answer that the API has not written.
    ///
    /// - Parameter reason: the end of a sentence, which contains nothing of the body.
    /// - Returns: an error of kind `notTheAPI`.
    func notTheAPI(because reason: String? = nil) -> APIError {
        let message = "\(redirect ?? plainMessage), which is not the API's\(reason.map { ": \($0)" } ?? "")"
        return APIError(
            .notTheAPI(status: head.status), effect: call.isWrite ? .unknown : .none, message: message.printable ?? "",
            correlationID: correlationID, isAPIsOwn: false)
    }

    /// The answer as it came; a key that it repeats is taken out.
    private func answer(_ body: [UInt8]) -> ErrorAnswer {
        var body = body
        if let key, let text = String(validating: body, as: UTF8.self) { body = Array(key.removed(from: text).utf8) }
        return ErrorAnswer(
            status: head.status, contentType: head.headers["content-type"], retryAfter: head.headers["retry-after"],
            body: body)
    }

    private var plainMessage: String {
        "the server answered with status \(head.status) and \(mediaType ?? "no content type")"
    }

    private var redirect: String? {
        guard (300..<400).contains(head.status) else { return nil }
        let target = head.headers["location"].flatMap { HTTPURL($0) }
        return "the server redirects to \(target?.withoutQuery ?? "another address")"
    }

    /// Whether a rate limit is zero.
    ///
    /// Waiting does not lift such a limit: the model is not in the workspace's plan.
    private var isOverPlan: Bool {
        head.headers.fields.contains { field in
            field.name.lowercased().hasPrefix("x-ratelimit-limit-") && field.value == "0"
        }
    }

    /// The answer's media type, `text/html` for `Text/HTML; charset=utf-8`; `nil` if there is none, or none that can be
    /// shown.
    private var mediaType: String? {
        guard let type = head.headers["content-type"]?.split(separator: ";").first else { return nil }
        let isShown = { (byte: UInt8) in byte > 0x20 && byte < 0x7F }
        let shown = String(decoding: type.utf8.filter(isShown).prefix(80), as: UTF8.self).lowercased()
        return shown.isEmpty ? nil : shown
    }

    private static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
