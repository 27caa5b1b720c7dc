import ConvoModel
import ConvoWords

/// A field of a query: `role:user`, `-in:"My notes"`, `on:today`.
struct SearchCondition: Equatable {
    enum Field: Equatable {
        case role(String), type(String), tool(String)
        case conversation(String), model(String), agent(String)
        case before(Timestamp), after(Timestamp), within(Range<Timestamp>)
        case pending, branch
        /// A tag, folded as ``Tag/folded``; a prefix matches every tag that begins so.
        case tag(String, isPrefix: Bool)

        /// Whether only an entry or a queued write can fulfil the condition, and not a conversation's name.
        var isOfEntry: Bool {
            switch self {
            case .role, .type, .tool, .pending: true
            case .conversation, .model, .agent, .before, .after, .within, .branch, .tag: false
            }
        }
    }

    let field: Field
    var isExcluded = false
    /// Whether the condition depends on the time zone: it asks for a local day or time.
    var isLocal = false

    private static let names: Set<String> = [
        "role", "type", "in", "model", "agent", "tool", "tag", "before", "after", "since", "on", "is",
    ]

    /// Whether the condition asks for a tag.
    var isOfTag: Bool { if case .tag = field { true } else { false } }

    /// Makes a condition of a field that was read already.
    init(_ field: Field) { self.field = field }

    static func isField(_ name: String) -> Bool { names.contains(name.lowercased()) }

    /// Reads a field of a query.
    ///
    /// `nil` if there is no field of that name, or its value is empty or cannot be read: the query's piece is text
    /// then.
    ///
    /// - Throws: ``StoreError/unreadableMoment(_:_:)`` if the field is one of time, and its value no moment.
    init?(field name: String, value: String, isExcluded: Bool, calendar: SearchCalendar) throws(StoreError) {
        do throws(UnreadableMoment) {
            if let condition = try SearchCondition(timeField: name.lowercased(), value: value, calendar: calendar) {
                self = condition
                self.isExcluded = isExcluded
                return
            }
        } catch {
            throw .unreadableMoment("\(isExcluded ? "-" : "")\(name):\(value)", error)
        }
        guard !value.isEmpty else { return nil }
        switch (name.lowercased(), value.lowercased()) {
        case ("role", _): field = .role(value)
        case ("type", _): field = .type(value)
        case ("tool", _): field = .tool(value)
        case ("in", _): field = .conversation(value)
        case ("model", _): field = .model(value)
        case ("agent", _): field = .agent(value)
        case ("tag", _):
            let isPrefix = value.hasSuffix("*")
            field = .tag(FoldedText.of(isPrefix ? String(value.dropLast()) : value), isPrefix: isPrefix)
        case ("is", "pending"): field = .pending
        case ("is", "branch"): field = .branch
        default: return nil
        }
        self.isExcluded = isExcluded
    }

    /// Reads a field of time; `nil` if the name is not of one.
    private init?(timeField name: String, value: String, calendar: SearchCalendar) throws(UnreadableMoment) {
        guard ["before", "after", "since", "on"].contains(name) else { return nil }
        let moment = try SearchMoment(value)
        switch name {
        case "on":
            field = .within(try calendar.period(of: moment))
            isLocal = true
        case "before":
            field = .before(calendar.start(of: moment))
            isLocal = SearchCalendar.isLocal(moment)
        default:
            field = .after(calendar.start(of: moment))
            isLocal = SearchCalendar.isLocal(moment)
        }
    }
}
