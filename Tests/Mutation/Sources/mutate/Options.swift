/// The options of the command line.
struct Options {
    /// Parts of paths: only files whose path contains one of them are mutated; empty for all files.
    var files: [String] = []
    /// Parts of a mutant's printed line: only mutants whose line contains one of them run; empty for all mutants.
    var only: [String] = []
    /// The most mutants that run, spread evenly; `nil` for no limit.
    var sample: Int?
    /// Whether only those mutants run that lived the last time.
    var survivors = false
    /// Whether only the unit tests and the first seeds run: the other tests might still kill mutants that live then.
    var quick = false
    /// Whether the mutants are only printed.
    var list = false
    /// How many mutants run at once.
    var strands = 2
    var seeds = Plan.seeds

    struct UsageError: Error, CustomStringConvertible { let description: String }

    static let usage = """
        usage: mutate [--files PART]… [--only PART]… [--sample N] [--survivors] [--quick] [--list] [--strands N] [--seeds FEW,MANY]
          --files      mutate only files whose path contains PART
          --only       run only mutants whose line in the report contains PART
          --sample     run N of them, spread evenly
          --survivors  run only those that lived the last time
          --quick      leave the scenarios and the further seeds out
          --list       print them, run none
          --seeds      simulated runs against each: so many first, up to so many in all
        """

    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--survivors": survivors = true
            case "--quick": quick = true
            case "--list": list = true
            case "--files": files.append(try Options.value(of: name, &rest))
            case "--only": only.append(try Options.value(of: name, &rest))
            case "--sample": sample = try Options.number(of: name, &rest)
            case "--strands": strands = try Options.number(of: name, &rest)
            case "--seeds":
                let numbers = try Options.value(of: name, &rest).split(separator: ",").compactMap { Int($0) }
                guard numbers.count == 2, numbers[0] > 0, numbers[1] > numbers[0] else {
                    throw UsageError(description: "--seeds takes two numbers, the second one larger: 60,300")
                }
                seeds = (numbers[0], numbers[1])
            default: throw UsageError(description: Options.usage)
            }
        }
    }

    private static func value(of name: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> String {
        guard let value = rest.popFirst() else { throw UsageError(description: "\(name) needs a value") }
        return value
    }

    private static func number(of name: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> Int {
        guard let number = Int(try value(of: name, &rest)), number > 0 else {
            throw UsageError(description: "\(name) needs a number of at least 1")
        }
        return number
    }
}
