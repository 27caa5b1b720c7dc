internal import ConvoHTTP
internal import ConvoModel

/// The bytes of a file as they come.
public struct FileDownload: Sendable {
    /// The place of the first byte in the file: what was asked for, or 0 if the server sends the file from its beginning.
    public let offset: Int
    /// The length of the whole file in bytes; `nil` if the server does not say.
    public let total: Int?
    private var chunks: HTTPBody.Iterator

    init(offset: Int, total: Int?, body: HTTPBody) {
        self.offset = offset
        self.total = total
        chunks = body.makeAsyncIterator()
    }

    /// Waits for the next bytes, which begin at ``offset``.
    ///
    /// - Returns: the bytes; `nil` at the file's end.
    /// - Throws: ``APIError`` if the answer breaks off; of kind `answerTooLarge` if it is longer than the limit.
    public mutating func next() async throws(APIError) -> [UInt8]? {
        do throws(HTTPError) { return try await chunks.next() } catch { throw APIError(error, isWrite: false) }
    }
}

/// Reads the files that the API's entries refer to.
///
/// Every method waits for the head of the answer, and ends its request if the task is cancelled or the body is not read
/// to its end.
package protocol FilesAPI: Sendable {
    /// As ``MistralAPI/content(ofFile:from:limit:)``.
    func content(ofFile id: String, from offset: Int, limit: Int) async throws(APIError) -> FileDownload
    /// As ``MistralAPI/content(behind:from:limit:)``.
    func content(behind link: String, from offset: Int, limit: Int) async throws(APIError) -> FileDownload
    /// Whether a link leads to the API's own host, or to one of those where it keeps files.
    ///
    /// - Parameters:
    ///   - link: a URL.
    ///   - hosts: names of hosts; one that begins with a dot stands for all hosts whose names end with it.
    /// - Returns: `true` if it does; `false` for any other link, and for a text that is no URL.
    func isOwn(link: String, hosts: [String]) -> Bool
}

extension MistralAPI: FilesAPI {
    /// Reads a file of the API's own: `GET /v1/files/{id}/content`, with the key.
    ///
    /// - Parameters:
    ///   - id: the file's id.
    ///   - offset: how many of its first bytes are not needed; the server may send them all the same.
    ///   - limit: the most bytes that are read.
    /// - Returns: the bytes as they come; the request ends with the download if it is not read to its end.
    /// - Throws: ``APIError``; one with ``APIError/isNotFound`` if the server does not have the file, one of kind
    ///   `answerTooLarge` if it says that the file is larger than the limit.
    public func content(ofFile id: String, from offset: Int, limit: Int) async throws(APIError) -> FileDownload {
        guard !["", ".", ".."].contains(id) else {
            throw APIError(.unusableRequest, effect: .none, message: "a file's id is empty")
        }
        var call = APIRequest(
            method: .get, segments: ["v1", "files", id, "content"], isStream: true, expected: .file)
        call.range = offset > 0 ? offset : nil
        let stream = try await client.stream(call, limit: limit)
        return try FileDownload(stream, from: offset, limit: limit)
    }

    /// Reads a file behind a link, without the key.
    ///
    /// - Parameters:
    ///   - link: the URL, with its signature.
    ///   - offset: as for ``content(ofFile:from:limit:)``.
    ///   - limit: as for ``content(ofFile:from:limit:)``.
    /// - Returns: the bytes as they come, as for ``content(ofFile:from:limit:)``.
    /// - Throws: ``APIError``; of kind `unusableRequest`, before anything is sent, if the link is no `https` URL (or `http` to this
    ///   machine); of kind `status` for what the link's host answers. No message contains the link's query.
    public func content(behind link: String, from offset: Int, limit: Int) async throws(APIError) -> FileDownload {
        guard let url = HTTPURL(link), url.scheme == "https" || url.isLoopback else {
            throw APIError(.unusableRequest, effect: .none, message: "a file's link is no https URL")
        }
        let stream = try await client.stream(from: url, range: offset > 0 ? offset : nil, limit: limit)
        return try FileDownload(stream, from: offset, limit: limit)
    }

    /// Whether a link leads to the API's own host, or to one of those given; see `FilesAPI`.
    package func isOwn(link: String, hosts: [String]) -> Bool {
        guard let url = HTTPURL(link) else { return false }
        if url.host == client.baseURL.host { return true }
        return url.scheme == "https" && hosts.contains { $0.hasPrefix(".") ? url.host.hasSuffix($0) : url.host == $0 }
    }
}

extension FileDownload {
    /// - Throws: ``APIError`` if the answer is about other bytes than were asked for, or is too large.
    init(_ stream: HTTPStream, from wanted: Int, limit: Int) throws(APIError) {
        let length = stream.headers["content-length"].flatMap { Int($0) }
        if stream.status == 206 {
            guard wanted > 0, let range = stream.headers["content-range"].flatMap(ContentRange.init),
                range.start == wanted
            else {
                throw APIError(
                    .notTheAPI(status: 206), effect: .none, message: "the server sent another part of the file",
                    isAPIsOwn: false)
            }
            self.init(offset: wanted, total: range.total, body: stream.body)
        } else {
            self.init(offset: 0, total: length, body: stream.body)
        }
        if let total, total > limit {
            throw APIError(.answerTooLarge(limit: limit), effect: .none, message: "the file has \(total) bytes")
        }
    }

    /// `bytes 100-199/1234`, or `bytes 100-199/*` (RFC 9110, 14.4).
    private struct ContentRange {
        let start: Int
        let total: Int?

        init?(_ field: String) {
            let words = field.split(separator: " ")
            guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
            let parts = words[1].split(separator: "/")
            guard parts.count == 2, let start = parts[0].split(separator: "-").first.flatMap({ Int($0) }) else {
                return nil
            }
            self.start = start
            total = Int(parts[1])
        }
    }
}

extension APIClient {
    /// Begins to read a file's bytes; once, whatever the policy of retries is.
    func stream(_ call: APIRequest, limit: Int) async throws(APIError) -> HTTPStream {
        let key = try usableKey()
        var request = try request(call, key)
        request.limits.body = max(0, limit)
        let stream = try await stream(request)
        let interpreter = ResponseInterpreter(head: stream.head, call: call, key: key)
        guard stream.status == 200 || stream.status == 206 || !interpreter.isSuccess else {
            throw APIError(
                .notTheAPI(status: stream.status), effect: .none, message: "the server answered without the file",
                isAPIsOwn: false)
        }
        guard interpreter.isSuccess else {
            let body = (try? await stream.body.collected(limit: APIClient.errorBodyLimit)) ?? []
            throw interpreter.failure(body)
        }
        try interpreter.check([])
        return stream
    }

    /// Begins to read what lies behind a URL, without the key.
    func stream(from url: HTTPURL, range: Int?, limit: Int) async throws(APIError) -> HTTPStream {
        var headers: HTTPHeaders = ["Accept": "*/*", "User-Agent": userAgent]
        if let range { headers["Range"] = "bytes=\(range)-" }
        var limits = limits.reading
        limits.body = max(0, limit)
        let stream = try await stream(HTTPRequest(.get, url, headers: headers, limits: limits))
        guard stream.status == 200 || stream.status == 206 else {
            throw APIError(
                .status(stream.status), effect: .none, message: "\(url.origin) answered with status \(stream.status)",
                retryAfter: nil, isAPIsOwn: false)
        }
        // A sign-in page; a page that a model made has an address of the API's own as well.
        guard stream.headers["content-type"]?.lowercased().hasPrefix("text/html") != true else {
            throw APIError(
                .notTheAPI(status: stream.status), effect: .none, message: "\(url.origin) answered with a page",
                isAPIsOwn: false)
        }
        return stream
    }

    private func stream(_ request: HTTPRequest) async throws(APIError) -> HTTPStream {
        do throws(HTTPError) { return try await transport.stream(request) } catch {
            throw APIError(error, isWrite: false)
        }
    }
}
