internal import ConvoModel

/// The fields of an object that comes in parts: each in the place where it was first seen, with its last value that
/// is not null.
struct FieldList: Sendable {
    /// More are passed over: no object of the API has a tenth of them.
    static let limit = 256

    private(set) var fields: [(name: String, value: JSONText)] = []

    mutating func set(_ name: String, _ value: JSONText) {
        if let place = fields.firstIndex(where: { $0.name == name }) {
            if !value.isNull { fields[place].value = value }
        } else if fields.count < FieldList.limit {
            fields.append((name, value))
        }
    }

    func contains(_ name: String) -> Bool { fields.contains { $0.name == name } }
}
