import ConvoJSON

/// A message of JSON-RPC 2.0, as MCP has them: one object on one line.
enum JSONRPCMessage: Equatable {
    case request(id: JSONText, method: String, params: JSONText?)
    case notification(method: String, params: JSONText?)
    /// An answer to a request, of which this server makes none.
    case response
    /// Several messages in an array, which one revision of MCP has.
    case batch([JSONText])
    /// What is no message; `id` is that of the request, if it can be told.
    case invalid(RPCError, id: JSONText?)

    /// Reads a line.
    init(_ line: LineSplitter.Line) {
        switch line {
        case .oversized(let beginning): self = .invalid(.tooLong, id: JSONRPCMessage.id(in: beginning))
        case .whole(let bytes):
            do throws(JSONSyntaxError) {
                let json = try JSONText(utf8: bytes)
                self = json.kind == .array ? .batch(json.elements) : JSONRPCMessage(json)
            } catch { self = .invalid(RPCError(.parseError, "This line is not JSON: \(error)."), id: nil) }
        }
    }

    /// Takes an object apart.
    init(_ json: JSONText) {
        let id = json["id"].flatMap { JSONRPCMessage.isID($0) ? $0 : nil }
        do throws(RPCError) { self = try JSONRPCMessage.checked(json, id: id) } catch { self = .invalid(error, id: id) }
    }

    private static func checked(_ json: JSONText, id: JSONText?) throws(RPCError) -> JSONRPCMessage {
        guard json.kind == .object else { throw RPCError(.invalidRequest, "A message is a JSON object.") }
        guard json.string(of: "jsonrpc") == "2.0" else {
            throw RPCError(.invalidRequest, "A message has \"jsonrpc\": \"2.0\".")
        }
        if json["method"] == nil, json["result"] != nil || json["error"] != nil { return .response }
        guard let method = json["method"]?.string else {
            throw RPCError(.invalidRequest, "A request has a method, which is a string.")
        }
        let params = json.given("params")
        guard json["id"] != nil else { return .notification(method: method, params: params) }
        guard let id else { throw RPCError(.invalidRequest, "The id of a request is a string or an integer.") }
        guard params == nil || params?.kind == .object else {
            throw RPCError(.invalidParams, "The params of a request are an object.")
        }
        return .request(id: id, method: method, params: params)
    }

    /// Whether a value may be a request's id: a string, or a number without a fraction or an exponent.
    static func isID(_ json: JSONText) -> Bool {
        switch json.kind {
        case .string: true
        case .number: json.text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
        default: false
        }
    }

    /// The id in the beginning of a message that is too long to be read; `nil` where it stands behind what is long.
    private static func id(in beginning: [UInt8]) -> JSONText? {
        beginning.withUnsafeBufferPointer { bytes -> JSONText? in
            var cursor = JSONCursor(bytes)
            guard bytes.first == UInt8(ascii: "{"), cursor.seek("id") else { return nil }
            let value = cursor.nextValue()
            // What ends where the beginning ends may have been cut.
            guard value.upperBound < bytes.count, let id = try? JSONText(utf8: Array(bytes[value])) else { return nil }
            return isID(id) ? id : nil
        }
    }
}

extension JSONText {
    /// A member that is there and not `null`, which some clients write for what they leave out.
    func given(_ name: String) -> JSONText? { self[name].flatMap { $0.isNull ? nil : $0 } }
}

/// An error of the protocol itself, as JSON-RPC has it.
struct RPCError: Error, Equatable {
    /// The codes that JSON-RPC and MCP define.
    enum Code: Int {
        case parseError = -32700
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParams = -32602
        case internalError = -32603
        /// Of revisions with a handshake; later ones say ``invalidParams``.
        case resourceNotFound = -32002
        case unsupportedProtocolVersion = -32022
    }

    let code: Code
    let message: String
    var data: JSONText?

    init(_ code: Code, _ message: String, data: JSONText? = nil) {
        (self.code, self.message, self.data) = (code, message, data)
    }

    static let tooLong = RPCError(
        .invalidRequest, "The message is longer than \(MCPConnection.lineLimit) bytes, and was skipped.")

    /// The reply to a request; without an id where the request's could not be read, as MCP's schema has it.
    func reply(to id: JSONText?) -> JSONText {
        .object([
            "jsonrpc": .string("2.0"), "id": id,
            "error": .object([
                "code": .int(code.rawValue), "message": .string(AgentText.line(message)), "data": data,
            ]),
        ])
    }
}
