/// A key that can be sent. Nothing that prints it shows it.
struct BearerToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// For the header fields that carry it.
    let value: String

    /// - Throws: ``APIError`` with a hint if a header field cannot carry it.
    init(_ value: String) throws(APIError) {
        guard !value.isEmpty else { throw .keyProblem("the API key is empty") }
        guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .keyProblem("the API key has a blank, a control character or a letter outside ASCII in it")
        }
        self.value = value
    }

    var authorization: String { "Bearer \(value)" }

    /// The text without the key, for messages that may repeat it.
    func removed(from text: String) -> String { text.replacing(value, with: "[key]") }

    var description: String { "(API key)" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
