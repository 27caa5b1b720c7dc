internal import ConvoHTTP
internal import ConvoModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What an answer's head says, and the errors that follow from it.
struct Answer {
    let head: HTTPHead
    let isWrite: Bool
    /// The key that was sent: a server's message may repeat it.
    var key: APIKey?

    var isSuccess: Bool { (200..<300).contains(head.status) }

    /// The server's name for the exchange, if it looks like one.
    var correlationID: String? {
        guard let id = head.headers["mistral-correlation-id"], id.utf8.count <= 128,
            id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return id
    }

    /// - Throws: the ``APIError`` of a status that is no success.
    func check(_ body: [UInt8]) throws(APIError) {
        if !isSuccess { throw failure(body) }
    }

    func json(_ body: [UInt8]) throws(APIError) -> JSONText {
        do {
            return try JSONText(utf8: body)
        } catch {
            if let type = mediaType, !type.hasSuffix("json") {
                throw malformed("the server answered with \(type), not JSON")
            }
            throw malformed("the server's answer is not JSON: \(error)")
        }
    }

    func checkIsEventStream() throws(APIError) {
        guard let type = mediaType, type != "text/event-stream" else { return }
        throw malformed("the server answered with \(type), not with a stream of events")
    }

    func malformed(_ message: String) -> APIError {
        APIError(
            .notTheAPI(status: head.status), effect: isWrite ? .unknown : .none, message: message.printable ?? "",
            correlationID: correlationID)
    }

    /// The error of a status that is no success.
    func failure(_ body: [UInt8]) -> APIError {
        let said = ErrorBody(body)
        let message = redirect ?? said.message.map { key?.removed(from: $0) ?? $0 } ?? plainMessage
        return APIError(
            .status(head.status), effect: effect, message: message, serverCode: said.code,
            retryAfter: RetryAfter.wait(head.headers, now: Answer.now), correlationID: correlationID)
    }

    private var plainMessage: String {
        let type = mediaType.map { " and \($0)" } ?? ""
        return "the server answered with status \(head.status)\(type)"
    }

    private var redirect: String? {
        guard (300..<400).contains(head.status) else { return nil }
        let target = head.headers["location"].flatMap { HTTPURL($0) }
        return "the server redirects to \(target?.withoutQuery ?? "another address")"
    }

    /// A status of the 400s says that the request was not carried out, and a redirect that it belongs elsewhere; but
    /// 303 is what follows on something that was done.
    private var effect: APIError.Effect {
        let isRefusal = (300..<500).contains(head.status) && head.status != 303
        return isWrite && !isRefusal ? .unknown : .none
    }

    /// `text/html` of `Text/HTML; charset=utf-8`; `nil` for what cannot be shown.
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
