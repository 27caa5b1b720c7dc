import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore

struct Append: WritingCommand {
    static let name = "append"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Queues entries for a conversation.",
        discussion: "They are durable when this returns, and delivered in order by convod or `convo sync`."
            .withExamples(
                #"convo append a8p3 "And now?" --stream"#,
                "convo append a8p3 - < notes.txt",
                #"convo append a8p3 --function-result CALL_ID='{"ok": true}'"#))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @OptionGroup var input: InputOptions

    @Option(help: ArgumentHelp("Answers a function call; may be repeated.", valueName: "call-id=result"))
    var functionResult: [FunctionResult] = []

    @Option(help: ArgumentHelp("Confirms a call that waits for it; may be repeated.", valueName: "call-id=allow|deny"))
    var confirm: [ToolConfirmation] = []

    @OptionGroup var options: WritingOptions
    var makesConversation: Bool { false }
    @OptionGroup var common: CommonOptions

    static func taking(_ given: PlainArguments) -> Append? {
        guard given.words.count == 2, given.count == nil else { return nil }
        var verb = Append()
        (verb.conversation, verb.input) = (given.words[0], .taking(given.words[1]))
        (verb.functionResult, verb.confirm) = ([], [])
        (verb.options, verb.common) = (.queueing, .taking(given))
        return verb
    }

    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite) {
        guard conversation != "-" || input.text != nil || input.inputs != nil else {
            throw ValidationError(
                "Name the conversation before -: convo append CONVERSATION -. @ is the last one used.")
        }
        let store = try common.store()
        // Before standard input is read, which may take as long as a person types: another terminal may use another one then.
        let id = try ConversationLookup(store: store).conversation(conversation)
        let request = try makeRequest()
        return (store, { try store.append(request, to: id) })
    }

    private func makeRequest() throws -> AppendRequest {
        let given = try input.read()
        guard given != nil || !functionResult.isEmpty || !confirm.isEmpty else {
            throw ValidationError("Give a text, --inputs, --function-result or --confirm.")
        }
        var request = AppendRequest(inputs: given, results: functionResult, confirmations: confirm)
        try options.apply(to: &request)
        return request
    }
}

extension AppendRequest {
    /// Makes a request that answers calls of functions, and adds inputs behind the answers.
    init(inputs: Inputs?, results: [FunctionResult], confirmations: [ToolConfirmation]) {
        let inputs = results.isEmpty ? inputs : .entries(results.map(\.entry) + (inputs?.asEntries ?? []))
        self = inputs.map { AppendRequest(inputs: $0) } ?? AppendRequest(json: .object([]))
        if !confirmations.isEmpty { toolConfirmations = .array(confirmations.map(\.json)) }
    }
}

/// A function's result, given as `CALL_ID=RESULT`; the result may hold further `=`.
struct FunctionResult: ExpressibleByArgument, Equatable {
    let callID: String
    let result: String

    init(callID: String, result: String) {
        self.callID = callID
        self.result = result
    }

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

/// A decision on a function call, given as `CALL_ID=allow` or `CALL_ID=deny`.
struct ToolConfirmation: ExpressibleByArgument, Equatable {
    enum Answer: String { case allow, deny }

    let callID: String
    let answer: Answer

    init(callID: String, answer: Answer) {
        self.callID = callID
        self.answer = answer
    }

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
