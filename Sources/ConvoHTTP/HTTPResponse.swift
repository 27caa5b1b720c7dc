/// The status and header fields of an answer.
public struct HTTPHead: Hashable, Sendable {
    public let status: Int
    public let headers: HTTPHeaders

    public init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }
}

/// A whole answer.
public struct HTTPResponse: Hashable, Sendable {
    public let head: HTTPHead
    public let body: [UInt8]

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }

    public init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.init(head: HTTPHead(status: status, headers: headers), body: body)
    }
}

/// An answer whose head is here and whose body is still coming.
public struct HTTPStream: Sendable {
    public let head: HTTPHead
    public let body: HTTPBody

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }

    public init(head: HTTPHead, body: HTTPBody) {
        self.head = head
        self.body = body
    }
}
