import ConvoPlatform
import ConvoSQLite

/// A long entry as versions 1 to 6 of the schema stored it: a format byte, and the text compressed by Zstandard with a
/// dictionary.
enum PackedEntry {
    /// The longest text in bytes that is unpacked: far more than any entry has, so that a damaged length cannot take all
    /// memory.
    private static let limit: UInt64 = 1 << 30
    private static let format: UInt8 = 1

    /// Unpacks an entry; a text is returned as it is.
    ///
    /// - Returns: the text; `nil` if the value is damaged, or its format unknown.
    static func text(of value: DatabaseValue, _ zstandard: Zstandard) -> String? {
        guard case .blob(let bytes) = value else { return String(databaseValue: value) }
        guard bytes.first == format else { return nil }
        return bytes.withUnsafeBytes { zstandard.text(of: .init(rebasing: $0.dropFirst()), limit: limit) }
    }
}

/// What is needed of Zstandard's library (RFC 8878). It is loaded where there is something to unpack: nothing else needs it.
struct Zstandard: Sendable {
    private typealias ContentSize = @convention(c) (UnsafeRawPointer?, Int) -> UInt64
    private typealias MakeContext = @convention(c) () -> OpaquePointer?
    private typealias FreeContext = @convention(c) (OpaquePointer?) -> Int
    private typealias Decompress =
        @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int, UnsafeRawPointer?, Int
        ) -> Int
    private typealias IsError = @convention(c) (Int) -> UInt32

    private let contentSize: ContentSize
    private let makeContext: MakeContext
    private let freeContext: FreeContext
    private let decompress: Decompress
    private let isError: IsError

    /// The library; `nil` if it cannot be loaded. It stays loaded until the process ends.
    static let loaded = Zstandard()

    private init?() {
        let names = LibraryNames.zstandard.lazy
        guard let library = names.compactMap({ dlopen($0, RTLD_LAZY | RTLD_LOCAL) }).first,
            let contentSize = dlsym(library, "ZSTD_getFrameContentSize"),
            let makeContext = dlsym(library, "ZSTD_createDCtx"), let freeContext = dlsym(library, "ZSTD_freeDCtx"),
            let decompress = dlsym(library, "ZSTD_decompress_usingDict"), let isError = dlsym(library, "ZSTD_isError")
        else { return nil }
        self.contentSize = unsafeBitCast(contentSize, to: ContentSize.self)
        self.makeContext = unsafeBitCast(makeContext, to: MakeContext.self)
        self.freeContext = unsafeBitCast(freeContext, to: FreeContext.self)
        self.decompress = unsafeBitCast(decompress, to: Decompress.self)
        self.isError = unsafeBitCast(isError, to: IsError.self)
    }

    /// The text that a frame holds; `nil` if the frame is damaged, or the text longer than the limit.
    func text(of frame: UnsafeRawBufferPointer, limit: UInt64) -> String? {
        let size = contentSize(frame.baseAddress, frame.count)
        guard size <= limit, let context = makeContext() else { return nil }
        defer { _ = freeContext(context) }
        var written = 0
        let text = Array(EntryDictionary.text.utf8).withUnsafeBytes { dictionary in
            String(unsafeUninitializedCapacity: Int(size)) { target in
                written = decompress(
                    context, target.baseAddress, target.count, frame.baseAddress, frame.count, dictionary.baseAddress,
                    dictionary.count)
                return isError(written) == 0 ? written : 0
            }
        }
        return written == Int(size) ? text : nil
    }
}

/// The dictionary with which entries were compressed: what most have in common, as the server writes it.
///
/// A text that was compressed with it can be read with no other dictionary.
private enum EntryDictionary {
    static let text = #"""
        {"object":"entry","type":"agent.handoff","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"handoff_","previous_agent_id":"ag_","previous_agent_name":"","next_agent_id":"ag_","next_agent_name":""}\#
        {"object":"entry","type":"function.result","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"fr_","tool_call_id":"","result":"{\"status\":\"ok\",\"error\":null,\"results\":[{\"id\":\"\",\"name\":\"\"}]}"}\#
        {"object":"entry","type":"function.call","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"fc_","agent_id":"ag_","model":"","tool_call_id":"","name":"","arguments":"{\"query\":\"","confirmation_status":null}\#
        {"object":"entry","type":"tool.execution","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":"2026-01-01T00:00:00.000000Z","id":"tool_exec_","agent_id":null,"model":"",\#
        "name":"web_search","arguments":"{\"query\": \"","info":{"result":"","url":"https://www.","title":"","snippet":""}}\#
        "content":[{"type":"text","text":""},{"type":"tool_reference","tool":"web_search","title":"","url":"https://"},\#
        {"type":"thinking","thinking":[{"type":"text","text":""}]},{"type":"image_url","image_url":"data:image/png;base64,\#
        {"role":"user","content":"","object":"entry","type":"message.input","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":null,"id":"msg_","prefix":false}\#
        {"content":"","object":"entry","type":"message.output","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":null,"id":"msg_","agent_id":null,"model":"mistral-medium-latest","role":"assistant"}\#
        {"object":"entry","type":"message.input","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"msg_","role":"user","content":"","prefix":false}\#
        {"object":"entry","type":"message.output","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":"2026-01-01T00:00:00.000000Z","id":"msg_019c","agent_id":null,"model":"mistral-medium-latest",\#
        "role":"assistant","content":"
        """#
}
