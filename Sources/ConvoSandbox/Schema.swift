/// What a JSON value must look like: as much of JSON Schema as the API's description uses.
indirect enum Schema: Sendable {
    case string
    case boolean
    case integer(minimum: Int?)
    case number(ClosedRange<Double>?)
    /// One of these strings.
    case choice([String])
    case array(Schema, minimum: Int = 0)
    /// An object with any members.
    case dictionary
    case object(Object)
    case nullable(Schema)
    /// One of several; the name stands in an issue's location.
    case union([(name: String, schema: Schema)])
    /// One of several objects, told apart by `type`; where that is left out, and may be, by which of them fits.
    case tagged([(tag: String, object: Object)], needsTag: Bool = false)

    struct Object: Sendable {
        let name: String
        var fields: [(name: String, schema: Schema, isRequired: Bool)] = []
        var allowsExtra = false

        init(_ name: String, required: [(String, Schema)] = [], optional: [(String, Schema)] = [], extra: Bool = false)
        {
            self.name = name
            fields = required.map { ($0.0, $0.1, true) } + optional.map { ($0.0, $0.1, false) }
            allowsExtra = extra
        }
    }
}
