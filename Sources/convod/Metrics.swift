import ConvoModel
import ConvoPlatform
import ConvoStore

/// What the daemon tells a monitoring system, in Prometheus' text format 0.0.4.
///
/// Times are Unix times in seconds, so that an alert says `time() - convo_last_pull_timestamp_seconds > 600`: a number of
/// writes that wait does not tell for how long. No text of a conversation, no id and no path is in it.
struct Metrics {
    let facts: MonitoringFacts
    let counters: DaemonCounters
    /// How many requests were sent to the server.
    let requests: Int
    /// When the process started, and when the engine last showed a sign of progress; `nil` if it has not yet.
    let startedAt: Timestamp
    let lastProgressAt: Timestamp?
    /// Whether a part of the engine is stuck.
    let isStuck: Bool
    let databaseBytes: Int64
    let logBytes: Int64
    /// How many connections the endpoint has; `nil` where there is none.
    var endpointConnections: Int?

    /// The text.
    var text: String {
        var text = MetricsText()
        text.gauge("convo_start_time_seconds", "When this convod started.", startedAt.unixSeconds)
        text.gauge(
            "convo_last_pull_timestamp_seconds", "When a pull was last complete; absent before the first one.",
            facts.lastPullAt?.unixSeconds)
        text.gauge(
            "convo_last_sweep_timestamp_seconds", "When a pull of the whole list was last complete.",
            facts.lastSweepAt?.unixSeconds)
        text.gauge(
            "convo_oldest_waiting_write_timestamp_seconds",
            "When the oldest write was accepted that is not on the server yet; absent if none waits.",
            facts.oldestWaitingAt?.unixSeconds)
        text.gauge(
            "convo_last_progress_timestamp_seconds", "When the engine last showed a sign of progress.",
            lastProgressAt?.unixSeconds)
        text.gauge("convo_stuck", "1 if a part of the engine shows no progress that it should.", isStuck ? "1" : "0")
        text.gauge("convo_conversations", "Conversations that are held.", facts.conversations.map(String.init))
        text.family(
            "convo_outbox_writes", "gauge", "Writes that are not delivered, by state.",
            OperationState.allCases.filter(\.isOpen).map { ("state", $0.rawValue, facts.open[$0] ?? 0) })
        text.gauge("convo_database_bytes", "Size of the database file.", String(databaseBytes))
        text.gauge("convo_wal_bytes", "Size of its write-ahead log.", String(logBytes))
        text.gauge(
            "convo_endpoint_connections", "Connections of programs to the endpoint.",
            endpointConnections.map(String.init))
        text.counter("convo_requests_total", "Requests sent to the server.", requests)
        text.counter("convo_pulls_total", "Pulls that have ended.", counters.pulls)
        text.counter("convo_pulled_conversations_total", "Conversations that a pull found new.", counters.conversations)
        text.counter("convo_pulled_entries_total", "Entries that a pull found new.", counters.entries)
        text.counter("convo_delivered_writes_total", "Writes that reached the server.", counters.delivered)
        text.counter("convo_fetched_files_total", "Files of entries that were fetched.", counters.files)
        text.family(
            "convo_failures_total", "counter", "Pulls, pushes and uses of the database that ended early.",
            DaemonCounters.Part.allCases.map { ("part", $0.rawValue, counters.failures[$0] ?? 0) })
        return text.text
    }
}

/// Builds the text, a family of metrics after the other.
private struct MetricsText {
    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ value: String?) {
        guard let value else { return }
        head(name, "gauge", help)
        text += "\(name) \(value)\n"
    }

    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        head(name, "counter", help)
        text += "\(name) \(value)\n"
    }

    mutating func family(_ name: String, _ kind: String, _ help: String, _ rows: [(String, String, Int)]) {
        head(name, kind, help)
        for (label, value, number) in rows { text += "\(name){\(label)=\"\(value)\"} \(number)\n" }
    }

    private mutating func head(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }
}

extension Timestamp {
    /// The Unix time in seconds, with milliseconds.
    fileprivate var unixSeconds: String {
        let milliseconds = microseconds / 1000
        let rest = String(abs(milliseconds % 1000))
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

/// The size of a file in bytes; 0 where there is none.
func fileSize(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
}
