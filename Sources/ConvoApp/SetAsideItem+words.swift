// One extension, which four printers use.

package import ConvoStore

/// What `convo status`, `convo doctor`, `convo sync` and the daemon's log say of something that the mirror could not take in.
extension SetAsideItem {
    private static let nameLimit = 60

    /// The item, its place (counted from 1), and the reason why it is not mirrored: `row 3 of the list ("Notes",
    /// conv_1): it has no id`.
    ///
    /// Text of the server is contained as it came, control characters included.
    package var words: String { "\(place): \(reason)" }

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
