/// The arguments of a verb that is called in the usual way: words, and few options.
///
/// The parser asks Swift's runtime some thirty times whether a type conforms to a protocol, and each time the runtime looks at all
/// conformances of the process: two fifths of the instructions of `convo list`. A verb that is called often (``Verb/reading(_:)``) takes these
/// arguments as they are. The parser reads all others, and all that is wrong, and a test compares what both make of the same arguments.
struct PlainArguments {
    /// The arguments that are no options, in their order.
    private(set) var words: [String] = []
    /// The values of ``CommonOptions``.
    private(set) var database: String?
    private(set) var isJSON = false
    /// The value of `--limit` or `--tail`.
    private(set) var count: (option: String, value: Int)?

    /// Takes apart the arguments behind a verb's name; `nil` where there is any other option, an option twice, a value that is
    /// missing or no number, or an argument that looks like an option.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.utf8.first == UInt8(ascii: "-") else {
                words.append(argument)
                continue
            }
            switch argument {
            case "--json" where !isJSON: isJSON = true
            case "--database":
                guard database == nil, let value = PlainArguments.value(&rest) else { return nil }
                database = value
            case "--limit", "--tail":
                guard count == nil, let value = PlainArguments.value(&rest).flatMap({ Int($0) }) else { return nil }
                count = (argument, value)
            default: return nil
            }
        }
    }

    /// The number of an option; `nil` where none is given.
    ///
    /// - Parameter option: the only option with a number that the verb takes.
    /// - Returns: the number; an empty value where another such option is given.
    func count(of option: String) -> Int?? {
        guard let count else { return .some(nil) }
        return count.option == option ? .some(count.value) : nil
    }

    private static func value(_ rest: inout ArraySlice<String>) -> String? {
        guard let value = rest.popFirst(), value.utf8.first != UInt8(ascii: "-") else { return nil }
        return value
    }
}
