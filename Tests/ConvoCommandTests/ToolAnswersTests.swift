// The tests of one type.

import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoCommand

@Suite struct `An answer to a tool` {
    @Test func `is a call's id and a result, which may hold anything`() throws {
        let result = try #require(FunctionResult(argument: #"c1={"a"="b"}"#))
        #expect(
            result.entry.text
                == #"{"object":"entry","type":"function.result","tool_call_id":"c1","result":"{\"a\"=\"b\"}"}"#)
        #expect(FunctionResult(argument: "c1=")?.result == "")
    }

    @Test(arguments: ["", "=x", "c1"])
    func `without an id is none`(argument: String) { #expect(FunctionResult(argument: argument) == nil) }

    @Test(arguments: [("c=allow", true), ("c=deny", true), ("a=b=deny", true), ("c=yes", false), ("=deny", false)])
    func `allows or denies`(argument: String, isValid: Bool) {
        #expect((ToolConfirmation(argument: argument) != nil) == isValid)
    }
}
