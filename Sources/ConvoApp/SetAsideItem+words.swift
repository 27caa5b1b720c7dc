import ConvoModel
public import ConvoStore

extension SetAsideItem {
    private static let nameLimit = 60

    /// Which it is, where it stands (counted from 1), and why it is not held: `row 3 of the list ("Notes", conv_1): it has
    /// no id`. What the server wrote is in it as it came.
    public var words: String { "\(place): \(reason)" }

    private var place: String {
        let about = [quoted(name), id].compactMap(\.self).joined(separator: ", ")
        let own = about.isEmpty ? "" : " (\(about))"
        guard let conversation else { return "row \((position ?? 0) + 1) of the list\(own)" }
        let chat = ["\(conversation)", quoted(conversationName)].compactMap(\.self).joined(separator: " ")
        guard let position else { return "the history of \(chat)" }
        return "entry \(position + 1) of \(chat)\(own)"
    }

    private func quoted(_ name: String?) -> String? { name.map { "\"\($0.prefix(SetAsideItem.nameLimit))\"" } }
}
