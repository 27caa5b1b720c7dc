import ArgumentParser
import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoStore

struct Start: WritingCommand {
    static let name = "start"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Queues a new conversation.",
        discussion: "It is durable when this returns, and delivered by convod or `convo sync`.".withExamples(
            #"convo start "Summarise the following" --model mistral-medium-latest"#,
            "convo start - --agent ag_123 --name Notes < notes.txt",
            #"convo start "Hello" --stream"#))

    @OptionGroup var input: InputOptions

    @Option(help: "The model that answers; by default, the setting `model`.", completion: .model)
    var model: String?

    @Option(help: "The agent that answers; by default, the setting `agent`.", completion: .agent)
    var agent: String?

    @Option(help: ArgumentHelp("The agent's version.", valueName: "version"))
    var agentVersion: String?

    @Option(help: "What the conversation is called.")
    var name: String?

    @Option(help: "What it is about.")
    var description: String?

    @Option(help: "Instructions to the model.")
    var instructions: String?

    @Option(help: ArgumentHelp("The API's tools, as a JSON array or @FILE.", valueName: "json"))
    var tools: JSONArgument?

    @Option(help: ArgumentHelp("The API's guardrails, as a JSON array or @FILE.", valueName: "json"))
    var guardrails: JSONArgument?

    @Option(help: ArgumentHelp("Metadata, as a JSON object or @FILE.", valueName: "json"))
    var metadata: JSONArgument?

    @OptionGroup var options: WritingOptions
    var makesConversation: Bool { true }
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard model == nil || agent == nil else {
            throw ValidationError("Give either --model or --agent, not both: one of them answers.")
        }
    }

    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite) {
        let settings = try common.settings()
        let request = try makeRequest(answeredBy: answerer(settings))
        let store = try common.store(settings)
        return (store, { try store.start(request) })
    }

    /// Who answers: as the options say, or else the settings.
    private func answerer(_ settings: Settings) throws -> Answerer {
        if let model { return .model(model) }
        if let agent { return .agent(agent) }
        guard let answerer = settings.answerer else {
            throw ValidationError(
                "Give either --model or --agent: somebody has to answer. `convo config set model NAME` makes one the default."
            )
        }
        return answerer
    }

    private func makeRequest(answeredBy answerer: Answerer) throws -> StartRequest {
        guard let inputs = try input.read() else { throw ValidationError("Give a text or --inputs.") }
        var request = StartRequest(inputs: inputs)
        switch answerer {
        case .model(let model): request.model = model
        case .agent(let agent): request.agentID = agent
        }
        request.agentVersion = agentVersion.map { Int($0).map { .int($0) } ?? .string($0) }
        request.name = name
        request.description = description
        request.instructions = instructions
        request.tools = try tools?.value(of: "tools", .array)
        request.guardrails = try guardrails?.value(of: "guardrails", .array)
        request.metadata = try metadata?.value(of: "metadata", .object)
        try options.apply(to: &request)
        return request
    }
}
