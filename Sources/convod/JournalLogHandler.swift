import ConvoPlatform
import ConvoTerminal
import Logging

/// Writes the log for systemd's journal: a priority before each line, and no time, since the journal has its own.
struct JournalLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    let device: TerminalDevice

    init(device: TerminalDevice = .standardError) { self.device = device }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
        try? device.write(
            JournalLogHandler.line(event.level, event.message.description, metadata) + "\n")  // nobody else can be told
    }

    /// The line of an event, with its metadata in the order of their names; nothing in it ends the line.
    static func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        let facts = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return priority(of: level) + (message + facts).sanitised(.line)
    }

    /// The prefix by which the journal knows how much a line matters.
    ///
    /// > "<3>" is an error, "<6>" information (sd-daemon(3)).
    static func priority(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "<7>"
        case .info: "<6>"
        case .notice: "<5>"
        case .warning: "<4>"
        case .error: "<3>"
        case .critical: "<2>"
        }
    }

    /// Several lines as errors, each with the priority before it.
    static func errors(_ text: String) -> String {
        text.split(separator: "\n").map { priority(of: .error) + $0 }.joined(separator: "\n")
    }

    /// Whether standard error leads to the journal: `JOURNAL_STREAM` names its device and inode.
    ///
    /// > "the device and inode numbers … should be compared with those of the file descriptor" (systemd.exec(5))
    static func leadsToJournal(_ variable: String?, device: UInt64, inode: UInt64) -> Bool {
        variable == "\(device):\(inode)"
    }

    /// Whether this process's standard error leads to the journal.
    static func leadsToJournal(_ variable: String?) -> Bool {
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return leadsToJournal(variable, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
