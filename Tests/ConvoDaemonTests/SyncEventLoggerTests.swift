import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoSync
import Foundation
import Logging
import Synchronization
import TestFolders
import Testing

@testable import convod

@Suite struct `The daemon's log` {
    /// A name that would forge a line of the log and color the terminal if it were logged as it is.
    private static let forging = "odd\n2026-11-28 error: \u{1B}[31mall is lost"

    @Test func `holds no line feed and no escape sequence of the server's`() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("convo.db"))
        let odd = JSONText.object(["id": .int(7), "name": .string(Self.forging)])
        let digest = "page".utf8CString.withUnsafeBytes { PageDigest(of: $0) }
        _ = try store.ingest(ConversationPage(elements: [odd]), at: PageKey(page: 0, size: 100), digest: digest)
        let lines = Lines()
        let events = SyncEventLogger(
            logger: Logger(label: "test") { _ in lines }, manager: nil, store: store)
        events.report(.pulled(.full, PullReport()))
        let warning = try #require(lines.all.first { $0.contains("set aside") })
        #expect(warning.contains("all is lost"))
        #expect(!warning.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
    }
}

/// A log handler that collects the messages.
private final class Lines: LogHandler, Sendable {
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { texts.withLock { $0.append(event.message.description) } }
}
