import ConvoPlatform
import ConvoTerminal

/// A stream whose reader may pause, for a writer that must not wait: it keeps a transaction open.
///
/// What the reader does not take at once goes into a file that has no name, until ``flush()`` waits for the reader. Where that file
/// cannot be made or written, the writer waits after all.
final class SpooledOutput {
    private let device: TerminalDevice
    private let folder: String
    /// The file; -1 as long as the reader has taken everything.
    private var spool: Int32 = -1

    /// - Parameters:
    ///   - device: the stream.
    ///   - folder: where the file is made.
    init(_ device: TerminalDevice, spoolingIn folder: String) {
        self.device = device
        self.folder = folder
    }

    deinit { if spool >= 0 { close(spool) } }

    /// Writes a text, or puts it behind what waits already.
    ///
    /// - Throws: ``TerminalDevice/WriteFailure``.
    func add(_ text: String) throws {
        var text = text
        let failure = text.withUTF8 { bytes -> (any Error)? in
            var rest = UnsafeRawBufferPointer(bytes)
            do {
                if spool < 0 { rest = .init(rebasing: rest.dropFirst(try device.writeAtOnce(rest))) }
                if rest.isEmpty { return nil }
                if spool < 0 { spool = UnnamedFile.make(in: folder, name: ".convo-export") }
                let kept = spool < 0 ? 0 : SpooledOutput.append(rest, to: spool)
                guard kept < rest.count else { return nil }
                try flush()
                try device.write(.init(rebasing: rest.dropFirst(kept)))
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    /// Waits until the reader has taken everything.
    ///
    /// - Throws: ``TerminalDevice/WriteFailure``.
    func flush() throws {
        guard spool >= 0 else { return }
        defer {
            close(spool)
            spool = -1
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var offset: off_t = 0
        while true {
            let count = pread(spool, &buffer, buffer.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TerminalDevice.WriteFailure.failed(errno: errno) }
            if count == 0 { return }
            offset += off_t(count)
            try buffer.withUnsafeBytes { try device.write(.init(rebasing: $0[..<count])) }
        }
    }

    /// - Returns: how many bytes were written: fewer than there are if the disk is full.
    private static func append(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Int {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = ConvoPlatform.write(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        return written
    }
}
