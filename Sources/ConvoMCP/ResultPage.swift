import ConvoJSON

/// A list of a result while it is made: as many items as the tokens allow, in both forms.
struct ResultPage {
    /// One item, as text and as JSON.
    struct Item {
        var text = QuotedText()
        let json: JSONText
    }

    /// What the head of a result and the ways to go on take at most.
    private static let frame = 900

    fileprivate(set) var items: [Item] = []
    private var budget: TokenBudget

    /// - Parameter isStructured: whether the result has the JSON beside the text.
    init(isStructured: Bool = true) {
        self.isStructured = isStructured
        budget = TokenBudget(TokenEstimate.resultLimit - ResultPage.frame)
    }

    private let isStructured: Bool

    var isEmpty: Bool { items.isEmpty }
    var left: Int { budget.left }

    /// Adds an item, if there is room for it.
    mutating func add(_ item: Item) -> Bool {
        guard take(item) else { return false }
        items.append(item)
        return true
    }

    /// Adds an item in front of the others, if there is room for it.
    mutating func addFirst(_ item: Item) -> Bool {
        guard take(item) else { return false }
        items.insert(item, at: 0)
        return true
    }

    /// Takes the tokens of a text that stands beside the items, or what is left of them.
    mutating func reserve(_ text: String) {
        if !budget.take(text) { budget = TokenBudget(0) }
    }

    /// Whether an item needs no more than so many tokens.
    func fits(_ item: Item, within tokens: Int) -> Bool {
        var budget = TokenBudget(min(tokens, budget.left))
        return isStructured ? budget.take(item.text.text, item.json.text) : budget.take(item.text.text)
    }

    private mutating func take(_ item: Item) -> Bool {
        isStructured ? budget.take(item.text.text, item.json.text) : budget.take(item.text.text)
    }

    /// The whole text: what it is, the items, and how to go on.
    func text(head: String, tail: [String]) -> String {
        var text = QuotedText()
        text.add(QuotedText.notice)
        text.add(head)
        return text.text + items.map(\.text.text).joined() + tail.map { $0 + "\n" }.joined()
    }
}

extension ResultPage {
    /// Puts items in the place of those that were added, which took as many tokens or more.
    mutating func replaceItems(_ items: [Item]) { self.items = items }
}
