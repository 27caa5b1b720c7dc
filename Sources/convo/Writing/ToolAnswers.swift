import ArgumentParser
import ConvoModel

/// `CALL_ID=RESULT`
struct FunctionResult: ExpressibleByArgument, Equatable {
    let callID: String
    let result: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        callID = String(argument[..<equals])
        result = String(argument[argument.index(after: equals)...])
    }

    var entry: JSONText {
        .object([
            "object": .string("entry"), "type": .string("function.result"), "tool_call_id": .string(callID),
            "result": .string(result),
        ])
    }
}

/// `CALL_ID=allow` or `CALL_ID=deny`
struct ToolConfirmation: ExpressibleByArgument, Equatable {
    enum Answer: String { case allow, deny }

    let callID: String
    let answer: Answer

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex,
            let answer = Answer(rawValue: String(argument[argument.index(after: equals)...]))
        else { return nil }
        callID = String(argument[..<equals])
        self.answer = answer
    }

    var json: JSONText {
        .object(["tool_call_id": .string(callID), "confirmation": .string(answer.rawValue)])
    }
}
