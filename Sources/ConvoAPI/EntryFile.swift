internal import ConvoModel
internal import ConvoPlatform
internal import Synchronization

/// The entries of a long history, in a file that has no name and is gone with the last use.
///
/// If the file cannot be written, in a full or a read-only folder, this keeps the entries that follow in memory, up to
/// ``memoryLimit``.
final class EntryFile: EntrySpool {
    private struct State: ~Copyable {
        /// The file; -1 if there is none.
        let descriptor: Int32
        /// The offset in the file at which each entry ends.
        var ends: [Int] = []
        /// The last bytes of the file that are not written yet.
        var unwritten: [UInt8] = []
        var isFileUsable: Bool
        /// The entries behind those in the file.
        var inMemory: [String] = []
        var inMemoryCount = 0
        var byteCount = 0
        var isReadable = true

        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    private static let bufferSize = 256 << 10
    /// The most bytes of entries that are kept in memory.
    static let memoryLimit = 64 << 20
    private let state: Mutex<State>

    /// - Parameter folder: where the file is made; `nil`: the entries are kept in memory.
    init(in folder: String?) {
        let descriptor = folder.map { UnnamedFile.make(in: $0, name: ".convo-history") } ?? -1
        state = Mutex(State(descriptor: descriptor, isFileUsable: descriptor >= 0))
    }

    var count: Int { state.withLock { $0.ends.count + $0.inMemory.count } }
    var byteCount: Int { state.withLock { $0.byteCount } }
    var isReadable: Bool { state.withLock { $0.isReadable } }
    var hasRoom: Bool { state.withLock { $0.inMemoryCount <= EntryFile.memoryLimit } }

    func add(_ text: String) {
        state.withLock { state in
            state.byteCount += text.utf8.count
            guard state.isFileUsable else {
                state.inMemoryCount += text.utf8.count
                return state.inMemory.append(text)
            }
            state.unwritten += text.utf8
            state.ends.append((state.ends.last ?? 0) + text.utf8.count)
            if state.unwritten.count >= EntryFile.bufferSize { EntryFile.flush(&state) }
        }
    }

    func text(at position: Int) -> String? {
        state.withLock { state in
            if position >= state.ends.count { return state.inMemory[position - state.ends.count] }
            let (start, end) = (position == 0 ? 0 : state.ends[position - 1], state.ends[position])
            let written = (state.ends.last ?? 0) - state.unwritten.count
            if start >= written {
                return String(decoding: state.unwritten[(start - written)..<(end - written)], as: UTF8.self)
            }
            let text = EntryFile.read(state.descriptor, start..<end)
            if text == nil { state.isReadable = false }
            return text
        }
    }

    /// Writes what is not written; if that fails, it and all that follows stays in memory.
    private static func flush(_ state: inout State) {
        var written = 0
        while written < state.unwritten.count {
            let count = state.unwritten.withUnsafeBytes { bytes in
                write(state.descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                state.isFileUsable = false
                return
            }
            written += count
        }
        state.unwritten.removeAll(keepingCapacity: true)
    }

    private static func read(_ descriptor: Int32, _ range: Range<Int>) -> String? {
        var length = 0
        let text = String(unsafeUninitializedCapacity: range.count) { buffer in
            while length < range.count {
                let count = pread(
                    descriptor, buffer.baseAddress?.advanced(by: length), range.count - length,
                    off_t(range.lowerBound + length))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return 0 }
                length += count
            }
            return length
        }
        return length == range.count ? text : nil
    }
}
