import CMarkdown
import ConvoModel
import ConvoTerminal
import Synchronization

extension MarkdownTree {
    /// Takes a text apart, which has at most ``MarkdownLimits/partBytes`` bytes.
    init(_ text: String) {
        blocks = CMarkTree(text).map { tree in tree.root.children.flatMap { $0.blocks(depth: 0) } } ?? []
    }
}

/// A tree of cmark's nodes, which lives as long as this value.
final class CMarkTree {
    private static let isRegistered: Void = cmark_gfm_core_extensions_ensure_registered()
    /// One text is parsed at a time: cmark-gfm notes the characters of a parser's extensions in a table of the whole process.
    private static let parsing = Mutex(())

    private let document: OpaquePointer

    /// Parses a text; `nil` where cmark gives no tree.
    init?(_ text: String) {
        guard let document = CMarkTree.parsing.withLock({ _ in CMarkTree.document(of: text) }) else { return nil }
        self.document = document
    }

    private static func document(of text: String) -> OpaquePointer? {
        isRegistered
        guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { return nil }
        defer { cmark_parser_free(parser) }
        for name in MarkdownLimits.extensions(for: text) {
            guard let found = cmark_find_syntax_extension(name) else { continue }
            _ = cmark_parser_attach_syntax_extension(parser, found)
        }
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
        }
        return cmark_parser_finish(parser)
    }

    deinit { cmark_node_free(document) }

    var root: CMarkNode { CMarkNode(pointer: document) }
}

/// One of cmark's nodes; valid as long as its tree.
struct CMarkNode {
    let pointer: OpaquePointer

    /// The kind by its name, since the nodes of extensions have no constants.
    var kind: String { CMarkNode.text(cmark_node_get_type_string(pointer)) }
    var literal: String { CMarkNode.text(cmark_node_get_literal(pointer)) }
    var firstLine: Int { Int(cmark_node_get_start_line(pointer)) }

    var children: [CMarkNode] {
        var (children, next): ([CMarkNode], _) = ([], cmark_node_first_child(pointer))
        while let child = next {
            children.append(CMarkNode(pointer: child))
            next = cmark_node_next(child)
        }
        return children
    }

    private static func text(_ characters: UnsafePointer<CChar>?) -> String {
        characters.map { String(cString: $0) } ?? ""
    }

    /// The blocks that the node is shown as.
    ///
    /// - Parameter depth: inside of how many quotes and lists it stands.
    /// - Returns: the blocks; one in most cases.
    func blocks(depth: Int) -> [MarkdownTree.Block] {
        func inner(_ node: CMarkNode) -> [MarkdownTree.Block] {
            depth < MarkdownLimits.depth
                ? node.children.flatMap { $0.blocks(depth: depth + 1) } : [.paragraph(node.spans)]
        }
        switch kind {
        case "paragraph": return [.paragraph(spans)]
        case "heading": return [.heading(level: Int(cmark_node_get_heading_level(pointer)), spans)]
        case "block_quote": return [.quote(inner(self))]
        case "list": return [.list(list(inner))]
        case "code_block": return [.code(language: language, lines)]
        case "thematic_break": return [.rule]
        case "table": return [.table(table)]
        case "html_block": return [.html(lines)]
        default: return [.paragraph(spans)]
        }
    }

    private func list(_ inner: (CMarkNode) -> [MarkdownTree.Block]) -> MarkdownTree.List {
        let isNumbered = cmark_node_get_list_type(pointer) == CMARK_ORDERED_LIST
        return MarkdownTree.List(
            start: isNumbered ? Int(cmark_node_get_list_start(pointer)) : nil,
            isTight: cmark_node_get_list_tight(pointer) != 0,
            items: children.map { item in
                let isTask = item.kind == "tasklist"
                return MarkdownTree.Item(
                    isDone: isTask ? cmark_gfm_extensions_get_tasklist_item_checked(item.pointer) : nil,
                    blocks: inner(item))
            })
    }

    private var table: MarkdownTree.Table {
        let count = Int(cmark_gfm_extensions_get_table_columns(pointer))
        let marks = cmark_gfm_extensions_get_table_alignments(pointer)
        let alignments = (0..<count).map { column -> MarkdownTree.Table.Alignment in
            switch marks?[column] {
            case UInt8(ascii: "c"): .centre
            case UInt8(ascii: "r"): .right
            default: .left
            }
        }
        let rows = children.map { row in
            let cells = row.children.prefix(count).map(\.spans)
            return cells + Array(repeating: [], count: count - cells.count)
        }
        return MarkdownTree.Table(alignments: alignments, rows: rows)
    }

    /// The word behind the fence; only the first, as renderers of HTML take it.
    var language: String {
        let info = CMarkNode.text(cmark_node_get_fence_info(pointer))
        return String(info.prefix { $0 != " " && $0 != "\t" && $0 != "," }).sanitised(.line)
    }

    /// The lines of code or HTML, with spaces for tabs: a terminal would count a tab from its own left edge.
    private var lines: [String] {
        var text = literal.sanitised(.block)
        guard !text.isEmpty else { return [] }
        if text.last == "\n" { text.removeLast() }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).withoutTabs }
    }

    /// The running text below the node, at any depth.
    var spans: [MarkdownTree.Span] {
        guard let iterator = cmark_iter_new(pointer) else { return [] }
        defer { cmark_iter_free(iterator) }
        var text = SpanCollector()
        while true {
            let event = cmark_iter_next(iterator)
            guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator) else { return text.spans }
            text.add(CMarkNode(pointer: node), isEntered: event == CMARK_EVENT_ENTER)
        }
    }
}

/// Makes spans of the nodes of running text, which come in the order in which they are entered and left.
private struct SpanCollector {
    private(set) var spans: [MarkdownTree.Span] = []
    private var outer: [(style: SpanStyle, link: MarkdownTree.Link?)] = []
    private var style: SpanStyle = []
    private var link: MarkdownTree.Link?
    private var linkCount = 0

    mutating func add(_ node: CMarkNode, isEntered: Bool) {
        switch node.kind {
        case "text", "html_inline": if isEntered { add(node.literal) }
        case "code": if isEntered { add(node.literal, .code) }
        case "html_block", "code_block": if isEntered { add(node.literal) }
        // A line that its writer ended stays a line: verses and addresses are written so.
        case "softbreak", "linebreak": if isEntered { spans.append(.lineBreak) }
        case "emph": isEntered ? open(.emphasis) : close()
        case "strong": isEntered ? open(.strong) : close()
        case "strikethrough": isEntered ? open(.struck) : close()
        case "link": isEntered ? open(.link, leadingTo: node.target) : close()
        case "image":
            if isEntered {
                open([], leadingTo: node.target)
                add("[image: ")
            } else {
                add("]")
                close()
            }
        // Of the blocks that stand too deep, each begins a line.
        case "paragraph", "heading", "table_row":
            if isEntered, !spans.isEmpty, spans.last?.isLineBreak == false { spans.append(.lineBreak) }
        default: break
        }
    }

    private mutating func add(_ text: String, _ more: SpanStyle = []) {
        let clean = SignedLink.removed(from: text).sanitised(.line)
        guard !clean.isEmpty else { return }
        let style = style.union(more)
        if let last = spans.indices.last, spans[last].style == style, spans[last].link == link, !spans[last].isLineBreak
        {
            spans[last].text += clean
        } else {
            spans.append(MarkdownTree.Span(text: clean, style: style, link: link))
        }
    }

    private mutating func open(_ more: SpanStyle, leadingTo target: String? = nil) {
        outer.append((style, link))
        style.formUnion(more)
        guard let target, link == nil else { return }
        linkCount += 1
        link = MarkdownTree.Link(target: target, number: linkCount)
    }

    private mutating func close() {
        if let last = outer.popLast() { (style, link) = last }
    }
}

extension CMarkNode {
    /// Where a link or an image leads; inline data is a word, since nobody can read it.
    fileprivate var target: String {
        let url = CMarkNode.text(cmark_node_get_url(pointer))
        return url.hasPrefix("data:") ? "inline" : SignedLink.removed(from: url).sanitised(.line)
    }
}

extension String {
    /// The line with as many spaces in the place of each tab as lead to the next stop, of which one stands each four columns.
    var withoutTabs: String {
        guard utf8.contains(0x09) else { return self }
        var (result, used) = ("", 0)
        for (place, piece) in split(separator: "\t", omittingEmptySubsequences: false).enumerated() {
            let gap = place > 0 ? 4 - used % 4 : 0
            result += String(repeating: " ", count: gap) + piece
            used += gap + String(piece).columns
        }
        return result
    }
}
