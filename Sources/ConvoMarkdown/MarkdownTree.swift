/// A Markdown text taken apart: values, with no limit but those of ``MarkdownLimits``, and nothing that a terminal obeys.
///
/// All text is sanitised: cmark decodes entities, so that `&#27;` would otherwise become an escape character behind any
/// check of the source.
struct MarkdownTree: Equatable {
    indirect enum Block: Equatable {
        case paragraph([Span])
        case heading(level: Int, [Span])
        case quote([Block])
        case list(List)
        /// A block of code: its language, which is empty where none is named, and its lines.
        case code(language: String, [String])
        /// HTML, which is shown as the text that it is.
        case html([String])
        case table(Table)
        case rule
    }

    struct List: Equatable {
        /// The number of the first item; `nil` where the items have no numbers.
        var start: Int?
        /// Whether no blank line stands between the items.
        var isTight: Bool
        var items: [Item]
    }

    struct Item: Equatable {
        /// Whether a task is done; `nil` where the item is not a task.
        var isDone: Bool?
        var blocks: [Block]
    }

    struct Table: Equatable {
        enum Alignment: Equatable { case left, centre, right }

        var alignments: [Alignment]
        /// The rows, of which the first has the titles; each has as many cells as there are alignments.
        var rows: [[[Span]]]
    }

    /// A part of running text in one style.
    struct Span: Equatable {
        /// Without a line feed, but for a break, which is a line feed alone.
        var text: String
        var style: SpanStyle = []
        /// The link that the text is a part of; `nil` for none.
        var link: Link?

        static let lineBreak = Span(text: "\n")
        var isLineBreak: Bool { text == "\n" }
    }

    struct Link: Equatable {
        /// Where the link leads, as the text says it, sanitised, and without a signature.
        var target: String
        /// Tells two links beside each other apart that lead to the same place.
        var number: Int
    }

    var blocks: [Block]
}

/// How a part of running text looks.
struct SpanStyle: OptionSet, Hashable {
    let rawValue: UInt8

    static let strong = SpanStyle(rawValue: 1)
    static let emphasis = SpanStyle(rawValue: 2)
    static let struck = SpanStyle(rawValue: 4)
    static let code = SpanStyle(rawValue: 8)
    /// What stands beside the text: the target of a link, a mark of ours.
    static let faint = SpanStyle(rawValue: 16)
    /// The text of a link.
    static let link = SpanStyle(rawValue: 32)
}
