/// Decodes the events of a `text/event-stream` as the WHATWG standard defines it, however the bytes are cut.
///
/// Feed it the bytes that have arrived, then call ``next()`` until it returns `nil`. An event whose empty line has not
/// arrived is never returned, not even at the end of the stream. The fields `id` and `retry` serve reconnecting
/// clients; this API offers nothing to reconnect to, so they are ignored.
///
/// > html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
package struct SSEDecoder: Sendable {
    /// The longest line, in bytes without its end.
    package static let lineLimit = 8 << 20
    /// The largest data of one event, in bytes.
    package static let eventLimit = 16 << 20

    /// Why a stream cannot be decoded any further.
    package enum LimitExceeded: Error, Hashable, Sendable {
        /// A line is longer than `limit` bytes.
        case lineTooLong(limit: Int)
        /// The data of an event is larger than `limit` bytes.
        case eventTooLarge(limit: Int)
    }

    private let lineLimit: Int
    private let eventLimit: Int
    private var buffer: [UInt8] = []
    /// Where the current line begins in the buffer.
    private var lineStart = 0
    /// The end of the part of the buffer that is known to contain no line end.
    private var scanned = 0
    private var skipsLineFeed = false
    private var isFirstLine = true
    private var type = ""
    private var data: [UInt8]?

    /// Creates a decoder at the start of a stream.
    ///
    /// - Parameters:
    ///   - lineLimit: the longest line, in bytes.
    ///   - eventLimit: the largest data of one event, in bytes.
    package init(lineLimit: Int = SSEDecoder.lineLimit, eventLimit: Int = SSEDecoder.eventLimit) {
        self.lineLimit = lineLimit
        self.eventLimit = eventLimit
    }

    /// Adds bytes that have arrived; ``next()`` decodes them.
    ///
    /// - Parameter bytes: the next bytes of the stream, cut anywhere. The limits are checked by ``next()``, not here.
    package mutating func feed(_ bytes: some Collection<UInt8>) {
        if lineStart > 0 {
            buffer.removeFirst(lineStart)
            scanned -= lineStart
            lineStart = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next event, if its empty line has arrived.
    ///
    /// - Returns: `nil` if more bytes are needed.
    /// - Throws: ``LimitExceeded`` if a line or an event is larger than allowed; the decoder cannot be used any more
    ///   then.
    package mutating func next() throws(LimitExceeded) -> ServerSentEvent? {
        while let line = try takeLine() {
            if let event = try interpret(line) { return event }
        }
        return nil
    }

    /// The next whole line.
    ///
    /// It ends with CR, LF or CRLF; a CR ends it at once, and an LF after that is not another line.
    private mutating func takeLine() throws(LimitExceeded) -> ArraySlice<UInt8>? {
        if skipsLineFeed, lineStart < buffer.count {
            skipsLineFeed = false
            if buffer[lineStart] == 0x0A { lineStart += 1 }
            scanned = max(scanned, lineStart)
        }
        while scanned < buffer.count, buffer[scanned] != 0x0A, buffer[scanned] != 0x0D { scanned += 1 }
        guard scanned - lineStart <= lineLimit else { throw .lineTooLong(limit: lineLimit) }
        guard scanned < buffer.count else { return nil }
        var line = buffer[lineStart..<scanned]
        skipsLineFeed = buffer[scanned] == 0x0D
        scanned += 1
        lineStart = scanned
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        isFirstLine = false
        return line
    }

    private mutating func interpret(_ line: ArraySlice<UInt8>) throws(LimitExceeded) -> ServerSentEvent? {
        guard let first = line.first else { return dispatch() }
        guard first != UInt8(ascii: ":") else { return nil }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let name = line[..<(colon ?? line.endIndex)]
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == 0x20 { value = value.dropFirst() }
        if name.elementsEqual("data".utf8) {
            try append(value)
        } else if name.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        }
        return nil
    }

    private mutating func append(_ value: ArraySlice<UInt8>) throws(LimitExceeded) {
        let size = data?.count ?? 0
        guard size + value.count < eventLimit else { throw .eventTooLarge(limit: eventLimit) }
        if data == nil {
            data = Array(value)
        } else {
            data?.append(0x0A)
            data?.append(contentsOf: value)
        }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            type = ""
            data = nil
        }
        guard let data else { return nil }
        return ServerSentEvent(type: type.isEmpty ? "message" : type, data: String(decoding: data, as: UTF8.self))
    }
}

/// One event of a `text/event-stream`.
package struct ServerSentEvent: Hashable, Sendable {
    /// The `event` field; `message` if the stream names none.
    package let type: String
    /// The `data` lines, joined by line feeds.
    package let data: String

    /// Creates an event.
    ///
    /// - Parameters:
    ///   - type: the `event` field.
    ///   - data: the `data` lines, joined by line feeds.
    package init(type: String = "message", data: String) {
        self.type = type
        self.data = data
    }
}
