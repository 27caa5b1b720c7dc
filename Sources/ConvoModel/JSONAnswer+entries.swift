extension JSONAnswer {
    /// The list's entries, and those of its elements that are not as they should be.
    ///
    /// - Throws: ``ModelError`` if there is no such list.
    func entries(_ field: String, in place: String) throws(ModelError) -> (entries: [Entry], oddItems: [OddItem]) {
        guard let elements = elements(of: field) else { throw .missing(field: field, in: place) }
        var entries: [Entry] = []
        var oddItems: [OddItem] = []
        for element in elements {
            if let oddItem = element.oddItem { oddItems.append(oddItem) }
            if !element.isTooDeep { entries.append(Entry(raw: element.value)) }
        }
        return (entries, oddItems)
    }
}

extension JSONAnswer.Element {
    /// What of its bytes is not as it should be.
    var oddItem: OddItem? {
        if isTooDeep {
            return OddItem(
                position: position, of: value, reason: "it is nested deeper than \(JSONText.depthLimit) levels")
        }
        guard isRepaired else { return nil }
        return OddItem(
            position: position, of: value, reason: "it has bytes that are not UTF-8, which were replaced by U+FFFD",
            isTakenIn: true)
    }
}
