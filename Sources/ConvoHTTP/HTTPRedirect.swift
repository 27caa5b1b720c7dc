/// Which redirects are followed: those of a `GET` to the same scheme, host and port. The key goes to no other server,
/// and nothing that may act twice is sent twice; every other redirect is an answer like any other.
enum HTTPRedirect {
    static let limit = 5

    static func next(after head: HTTPHead, to request: HTTPRequest) -> HTTPRequest? {
        guard request.method == .get, [301, 302, 303, 307, 308].contains(head.status),
            let location = head.headers["location"], let target = request.url.resolving(location),
            target.isSameOrigin(as: request.url)
        else { return nil }
        var request = request
        request.url = target
        return request
    }
}
