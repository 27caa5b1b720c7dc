import ConvoModel

/// A field of a query: `role:user`, `-in:"My notes"`, `after:7d`.
struct SearchCondition: Equatable {
    enum Field: Equatable {
        case role(String), type(String), tool(String)
        case conversation(String), model(String), agent(String)
        case before(Timestamp), after(Timestamp)
        case pending, branch

        /// Whether only an entry or a queued write can fulfil the condition, and not a conversation's name.
        var isOfEntry: Bool {
            switch self {
            case .role, .type, .tool, .pending: true
            case .conversation, .model, .agent, .before, .after, .branch: false
            }
        }
    }

    let field: Field
    var isExcluded = false

    private static let names: Set<String> = [
        "role", "type", "in", "model", "agent", "tool", "before", "after", "since", "is",
    ]

    static func isField(_ name: String) -> Bool { names.contains(name.lowercased()) }

    /// Reads a field of a query.
    ///
    /// `nil` if there is no field of that name, or its value is empty or cannot be read: the query's piece is text
    /// then.
    init?(field name: String, value: String, isExcluded: Bool, now: Timestamp) {
        guard !value.isEmpty else { return nil }
        switch (name.lowercased(), value.lowercased()) {
        case ("role", _): field = .role(value)
        case ("type", _): field = .type(value)
        case ("tool", _): field = .tool(value)
        case ("in", _): field = .conversation(value)
        case ("model", _): field = .model(value)
        case ("agent", _): field = .agent(value)
        case ("is", "pending"): field = .pending
        case ("is", "branch"): field = .branch
        case ("before", _):
            guard let moment = SearchMoment.read(value, now: now) else { return nil }
            field = .before(moment)
        case ("after", _), ("since", _):
            guard let moment = SearchMoment.read(value, now: now) else { return nil }
            field = .after(moment)
        default: return nil
        }
        self.isExcluded = isExcluded
    }
}

/// The moments of `before:` and `after:`.
enum SearchMoment {
    private static let daySeconds: Int64 = 86_400
    /// The largest number before a unit; a larger one is not read as a moment.
    private static let countLimit: Int64 = 100_000

    /// Reads a number of hours, days, weeks, months (30 days) or years (365 days) ago (`12h`, `7d`, `2w`, `3m`, `1y`),
    /// the beginning of a year, a month or a day in UTC (`2026`, `2026-01`, `2026-01-31`), or a moment in RFC 3339.
    ///
    /// `nil` for any other text.
    static func read(_ text: String, now: Timestamp) -> Timestamp? {
        if let unit = unitSeconds(text.last), let count = Int64(text.dropLast()), (0...countLimit).contains(count) {
            return Timestamp(microseconds: now.microseconds - count * unit * 1_000_000)
        }
        switch text.utf8.count {
        case 4: return Timestamp(text + "-01-01T00:00:00Z")
        case 7: return Timestamp(text + "-01T00:00:00Z")
        case 10: return Timestamp(text + "T00:00:00Z")
        default: return Timestamp(text)
        }
    }

    private static func unitSeconds(_ unit: Character?) -> Int64? {
        switch unit {
        case "h": 3600
        case "d": daySeconds
        case "w": 7 * daySeconds
        case "m": 30 * daySeconds
        case "y": 365 * daySeconds
        default: nil
        }
    }
}
