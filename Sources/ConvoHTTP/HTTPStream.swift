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
