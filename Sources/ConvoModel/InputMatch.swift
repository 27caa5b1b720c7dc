/// Whether what was sent is in a history: the question after a lost answer.
public enum InputMatch: Hashable, Sendable {
    case present
    /// They are the last that the history holds: their run is under way, or has failed. A server may show the inputs of
    /// a run and drop them when it fails.
    case unanswered
    case absent
    /// Equal inputs more than once, or the history no longer holds the place from which to look: nobody can tell.
    case unclear

    /// Looks for a request's inputs behind the entry that was the last one just before it was sent.
    ///
    /// - Parameters:
    ///   - base: that entry; `nil` where there was none.
    ///   - baseCount: how many entries there were.
    public init(of request: AppendRequest, in entries: [Entry], after base: EntryID?, baseCount: Int) {
        guard let start = InputMatch.start(in: entries, after: base, baseCount: baseCount) else {
            self = .unclear
            return
        }
        let later = entries[start...]
        guard let inputs = request.inputs else {
            // A confirmation of calls leaves no entry of its own: the run that it let go does.
            self = later.isEmpty ? .absent : .present
            return
        }
        let ends = InputMatch.ends(of: inputs.asEntries.map(Likeness.init), in: later.map { Likeness($0.raw) })
        switch ends.count {
        case 0: self = .absent
        case 1: self = ends == [later.count] ? .unanswered : .present
        default: self = .unclear
        }
    }

    private static func start(in entries: [Entry], after base: EntryID?, baseCount: Int) -> Int? {
        guard let base else { return baseCount == 0 ? 0 : nil }
        return entries.lastIndex { $0.id == base }.map { $0 + 1 }
    }

    /// Behind which places a run stands in another, without overlap.
    private static func ends(of wanted: [Likeness], in entries: [Likeness]) -> [Int] {
        guard !wanted.isEmpty, wanted.count <= entries.count else { return [] }
        var ends: [Int] = []
        var index = 0
        while index + wanted.count <= entries.count {
            if Array(entries[index..<index + wanted.count]) == wanted {
                index += wanted.count
                ends.append(index)
            } else {
                index += 1
            }
        }
        return ends
    }
}

/// What of an input the server keeps as it was sent; it adds an id and times, and may write a text as a chunk.
private struct Likeness: Equatable {
    let type: String
    let role: String?
    let content: String?

    init(_ entry: JSONText) {
        type = entry["type"]?.string ?? "message.input"
        switch type {
        case EntryType.messageInput.rawValue, EntryType.messageOutput.rawValue:
            role = entry["role"]?.string ?? (type == EntryType.messageInput.rawValue ? "user" : "assistant")
            content = entry["content"].map(Likeness.content)
        case EntryType.functionResult.rawValue, EntryType.functionCall.rawValue:
            role = entry["tool_call_id"]?.string
            content = (entry["result"] ?? entry["arguments"]).map(Likeness.content)
        default:
            role = nil
            content = entry.text
        }
    }

    private static func content(_ value: JSONText) -> String {
        if let text = value.string { return text }
        let chunks = value.elements
        guard !chunks.isEmpty, chunks.allSatisfy({ $0["type"]?.string == "text" }) else { return canonical(value) }
        return chunks.compactMap { $0["text"]?.string }.joined()
    }

    /// Members by name, nulls left out, strings without escapes. Iterative: the input may be nested deeply.
    private static func canonical(_ value: JSONText) -> String {
        enum Part {
            case value(JSONText)
            case text(String)
        }
        var result = ""
        var rest: [Part] = [.value(value)]
        while let part = rest.popLast() {
            guard case .value(let value) = part else {
                if case .text(let text) = part { result += text }
                continue
            }
            switch value.kind {
            case .object:
                let members = value.members.filter { !$0.value.isNull }
                    .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                rest.append(.text("}"))
                for member in members.reversed() {
                    rest += [.text(","), .value(member.value), .text("\(member.key):")]
                }
                rest.append(.text("{"))
            case .array:
                rest.append(.text("]"))
                for element in value.elements.reversed() { rest += [.text(","), .value(element)] }
                rest.append(.text("["))
            case .string: result += JSONText.string(value.string ?? "").text
            case .number, .bool, .null: result += value.text
            }
        }
        return result
    }
}
