import ConvoIPC
import ConvoModel
import ConvoStore

/// What the daemon does now, in the one line that `systemctl status` shows.
struct DaemonStatus: Equatable {
    /// How many conversations are mirrored; `nil` before that was counted.
    var conversations: Int?
    /// How many writes are not on the server yet.
    var waiting = 0
    /// How many writes wait for a decision of the person.
    var stopped = 0
    /// When the last pull was complete; `nil` before that.
    var lastPull: Timestamp?
    /// The time between two pulls.
    var poll: Duration
    /// Where the endpoint listens; `nil` if there is none.
    var endpoint: LocalAddress?
    /// What keeps it from its work; `nil` while it works.
    var trouble: String?
    /// Why the settings of the last reload are not in force; `nil` if they are.
    var refusedSettings: String?

    /// The line.
    ///
    /// Times are told as clocks show them, and not as a distance: nobody writes the line anew while it is looked at.
    func line(in zone: LocalTimeZone) -> String {
        var parts: [String] = []
        if let refusedSettings {
            parts.append("The new configuration can't be used, the one before stays: \(refusedSettings)")
        }
        if let trouble { parts.append(trouble) }
        var facts: [String] = []
        if let conversations { facts.append("\(DaemonStatus.grouped(conversations)) conversations mirrored") }
        if waiting > 0 { facts.append(waiting == 1 ? "1 write waits" : "\(DaemonStatus.grouped(waiting)) writes wait") }
        if stopped > 0 { facts.append(stopped == 1 ? "1 needs you" : "\(DaemonStatus.grouped(stopped)) need you") }
        if let lastPull {
            let interval = trouble == nil ? ", again every \(DaemonStatus.words(poll))" : ""
            facts.append("last look \(DaemonStatus.clock(lastPull, in: zone))\(interval)")
        } else if trouble == nil {
            facts.append("the first look is under way")
        }
        if let endpoint { facts.append("the endpoint listens at \(endpoint)") }
        if !facts.isEmpty { parts.append(facts.joined(separator: "; ")) }
        return parts.map { DaemonStatus.withoutStop($0) }.joined(separator: ". ")
    }

    private static func withoutStop(_ text: String) -> Substring { text.hasSuffix(".") ? text.dropLast() : text[...] }

    /// A number with a comma between thousands.
    static func grouped(_ number: Int) -> String {
        var text = String(number)
        var place = text.count - 3
        while place > (number < 0 ? 1 : 0) {
            text.insert(",", at: text.index(text.startIndex, offsetBy: place))
            place -= 3
        }
        return text
    }

    private static func words(_ interval: Duration) -> String {
        let seconds = interval.components.seconds
        return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }

    /// `14:05:07`, as the zone's clocks show it.
    static func clock(_ moment: Timestamp, in zone: LocalTimeZone) -> String {
        let seconds = moment.microseconds / 1_000_000
        let inDay = (seconds + zone.offset(seconds)) % 86_400
        func digits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return [inDay / 3600, inDay / 60 % 60, inDay % 60].map(digits).joined(separator: ":")
    }
}
