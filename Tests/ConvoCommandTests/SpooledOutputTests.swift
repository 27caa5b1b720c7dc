import ConvoTerminal
import Foundation
import Synchronization
import TestFolders
import Testing

@testable import ConvoCommand

@Suite struct `Output whose reader pauses` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Writes texts into a pipe that nobody reads before all are added.
    ///
    /// - Returns: what the reader gets.
    private func read(_ texts: [String], spoolingIn folder: String) throws -> String {
        let pipe = Pipe()
        let output = SpooledOutput(
            TerminalDevice(descriptor: pipe.fileHandleForWriting.fileDescriptor), spoolingIn: folder)
        for text in texts { try output.add(text) }
        let reader = Reader(pipe.fileHandleForReading)
        try output.flush()
        try output.add("end")
        try output.flush()
        try pipe.fileHandleForWriting.close()
        return String(decoding: reader.bytes(), as: UTF8.self)
    }

    @Test(arguments: [0, 1, 4095, 4096, 65_535, 65_536, 65_537, 300_000])
    func `is whole and in order, and keeps no writer`(bytes: Int) throws {
        let texts = [
            "first", String(repeating: "é", count: bytes / 2) + String(repeating: "x", count: bytes % 2), "last",
        ]
        #expect(try read(texts, spoolingIn: folder.path) == texts.joined() + "end")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `is whole where it cannot be spooled, once it is read`() throws {
        let pipe = Pipe()
        let text = String(repeating: "x", count: 300_000)
        let reader = Reader(pipe.fileHandleForReading)
        let output = SpooledOutput(
            TerminalDevice(descriptor: pipe.fileHandleForWriting.fileDescriptor), spoolingIn: folder.path + "/none")
        try output.add(text)
        try output.flush()
        try pipe.fileHandleForWriting.close()
        #expect(reader.bytes().count == text.utf8.count)
    }
}

/// Reads a file to its end on a thread of its own, so that a writer that waits for it keeps no other test.
private final class Reader: Sendable {
    private let data = Mutex(Data())
    private let hasEnded = DispatchSemaphore(value: 0)

    init(_ file: FileHandle) {
        Thread.detachNewThread { [self] in
            let read = (try? file.readToEnd()) ?? Data()
            data.withLock { $0 = read }
            hasEnded.signal()
        }
    }

    func bytes() -> Data {
        hasEnded.wait()
        return data.withLock(\.self)
    }
}
