import ConvoJSON
import Testing

@testable import ConvoCommand
@testable import ConvoStore

@Suite struct `Rows with tabs` {
    @Test func `have each value in its column, on one line`() throws {
        let row = try JSONText(#"{"b":"a\tb\nc\\d\re","a":null,"n":1.0,"list":[1,"x"],"c":"日本"}"#)
        #expect(
            TabSeparated.line(of: row, ["a", "b", "n", "list", "none", "c"])
                == "\ta\\tb\\nc\\\\d\\re\t1.0\t[1,\"x\"]\t\t日本")
        let hostile = try JSONText(#"{"a":"\u001b[31m\u009b1m"}"#)
        #expect(TabSeparated.line(of: hostile, ["a"]) == "␛[31m<U+009B>1m", "no terminal obeys it")
    }
}

@Suite struct `The form of a list` {
    @Test(
        arguments: [
            (nil, false, .table), (nil, true, .json), (.json, true, .json), (.tsv, false, .tsv),
            (.jsonl, false, .jsonl),
        ] as [(OutputFormat?, Bool, OutputFormat)])
    func `is what was asked for`(output: OutputFormat?, asJSON: Bool, expected: OutputFormat) throws {
        #expect(try OutputFormat.chosen(output, asJSON: asJSON) == expected)
    }

    @Test(arguments: [OutputFormat.table, .tsv, .jsonl])
    func `is not two at once`(output: OutputFormat) {
        #expect(throws: (any Error).self) { try OutputFormat.chosen(output, asJSON: true) }
    }

    @Test(
        arguments: [
            (["list", "--json"], true), (["list", "-o", "json"], true), (["search", "x", "--output=jsonl"], true),
            (["outbox", "-o", "jsonl"], true), (["files", "list", "--output", "json"], true),
            (["list", "-o", "tsv"], false),
            (["list", "-o"], false), (["export", "--output", "json"], false),
            (["files", "get", "1", "-o", "json"], false),
            (["search", "--", "-o", "json"], false), ([], false),
        ] as [([String], Bool)])
    func `makes errors JSON`(arguments: [String], expected: Bool) {
        #expect(Arguments.askForJSON(arguments) == expected)
    }
}
