/// How long a request may take, and how large its answer may be.
public struct HTTPLimits: Hashable, Sendable {
    /// From the start to the first byte sent: name look-up, connection, TLS.
    public var connect: Duration
    /// Without a single byte in either direction. Whole seconds; a reader's own pauses do not count.
    public var stall: Duration
    /// For the whole exchange.
    public var total: Duration
    /// Bytes of the answer's body, after decompression.
    public var body: Int

    public static let defaultConnect = Duration.seconds(10)
    public static let defaultBody = 64 << 20

    public init(
        connect: Duration = defaultConnect, stall: Duration, total: Duration, body: Int = defaultBody
    ) {
        self.connect = connect
        self.stall = stall
        self.total = total
        self.body = body
    }

    /// For what the server only looks up.
    public static let reading = HTTPLimits(stall: .seconds(30), total: .seconds(300))
    /// For an answer that a model has to write first: the server holds the request open and silent meanwhile, more
    /// than eight minutes have been observed.
    public static let completion = HTTPLimits(stall: .seconds(600), total: .seconds(660))
    /// For a stream of events: the server gives up after ten silent minutes, and so do we.
    public static let streaming = HTTPLimits(stall: .seconds(600), total: .seconds(3600))
}
