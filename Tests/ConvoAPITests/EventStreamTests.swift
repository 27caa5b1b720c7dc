import ConvoAPI
import ConvoHTTP
import ConvoJSON
import ConvoModel
import Expectations
import Testing

@Suite struct `A streamed answer` {
    private func events(
        _ text: String, error: HTTPError? = nil
    ) async throws -> (events: [ConversationEvent], error: APIError?) {
        let stream = try await api(FakeTransport([.events(text, error: error)])).startStream(
            StartRequest(inputs: .text("hi")))
        var events: [ConversationEvent] = []
        var iterator = stream.makeAsyncIterator()
        do throws(APIError) {
            while let event = try await iterator.next() { events.append(event) }
        } catch {
            return (events, error)
        }
        #expect(try await iterator.next() == nil)
        return (events, nil)
    }

    @Test func `gives each event with its type and its raw JSON`() async throws {
        let (tool, toolError) = try await events(Transcript.tool)
        #expect(toolError == nil)
        #expect(tool.map(\.content).first == .responseStarted(conversationID: RemoteID("conv_1")))
        #expect(tool.compactMap(\.text).joined() == "42 – ja, 日本 🦊")
        #expect(tool[1].raw["function"]?.string == "code_interpreter")
        #expect(tool[1].entryID == EntryID("tool_exec_019f13ba53ed7054b9580af314930355"))
        guard case .toolExecutionDone(let done) = tool[4].content, case .responseDone(let usage) = tool[7].content
        else { throw Unexpected("\(tool.map(\.type))") }
        #expect(done.name == "code_interpreter")
        #expect(done.info?["code_output"]?.string == "42\n")
        #expect(usage?["connectors"]?["code_interpreter"]?.int == 1)

        let call = try await events(Transcript.call).events
        #expect(
            call.map(\.type) == [
                "conversation.response.started", "agent.handoff.started", "agent.handoff.done", "function.call.delta",
                "function.call.delta", "conversation.response.done",
            ])
        guard case .functionCallDelta(let delta) = call[4].content, case .handoffDone(let agent) = call[2].content
        else { throw Unexpected("\(call.map(\.type))") }
        #expect(delta.toolCallID == "6TI17yZkV")
        #expect(delta.confirmationStatus == "pending")
        #expect(agent.name == "two")
        let thinking = try await events(Transcript.thinking).events
        guard case .messageDelta(let thought) = thinking[2].content else { return }
        #expect(thought.thinking == " * 23 = (")
        #expect(thought.text == nil)
    }

    @Test func `passes an event of an unknown type on`() async throws {
        let text = """
            event: reasoning.delta
            data: {"type":"reasoning.delta","x":1.0}

            event: named.outside
            data: {"x":2}

            event: ping
            data: still here


            """
        let events = try await events(text + Transcript.plain).events
        #expect(events.prefix(3).map(\.type) == ["reasoning.delta", "named.outside", "ping"])
        #expect(events.prefix(3).allSatisfy { $0.content == .unknown })
        #expect(events[0].raw.text == #"{"type":"reasoning.delta","x":1.0}"#)
        #expect(events.count == 6)
    }

    @Test func `that ends without done is truncated`() async throws {
        for cut in [
            "", "event: conversation.response.started\n", String(Transcript.plain.dropLast(1)),
            String(Transcript.plain.prefix(400)),
        ] {
            let error = try #require(try await events(cut).error)
            #expect(error.kind == .truncatedStream)
            #expect(error.effect == .unknown)
        }
    }

    @Test func `whose connection breaks is lost`() async throws {
        let lost = HTTPError(.connectionLost, mayHaveReachedServer: true, message: "reset")
        let cut = String(Transcript.plain.dropLast(2))
        let (events, error) = try await events(cut, error: lost)
        #expect(events.count == 2)
        #expect(error?.kind == .answerLost)
        #expect(error?.effect == .unknown)
    }

    @Test func `is over at done, whatever the connection does then`() async throws {
        let lost = HTTPError(.connectionLost, mayHaveReachedServer: true, message: "reset")
        let (events, error) = try await events(Transcript.plain + "data: {\"type\":\"late\"}\n\n", error: lost)
        #expect(events.count == 3)
        #expect(error == nil)
    }

    @Test func `may report an error`() async throws {
        for (code, number) in [("3000", 3000), ("\"1300\"", 1300), ("null", 0)] {
            let text = "data: {\"type\":\"conversation.response.error\",\"message\":\"no\\u001b\",\"code\":\(code)}\n\n"
            let error = try #require(try await events(text).error)
            #expect(error.kind == .streamError(code: number))
            #expect(error.message == "no ")
            #expect(error.effect == .unknown)
        }
    }

    @Test(arguments: [
        "data: {\n\n", "data: []\n\n", "event: message.output.delta\ndata: {}\n\n",
        "data: {\"type\":\"conversation.response.started\"}\n\n",
        "data: {\"type\":\"message.output.delta\",\"content\":1}\n\n",
    ])
    func `that is not the API's is malformed:`(_ text: String) async throws {
        let error = try #require(try await events(text).error)
        #expect(error.isNotTheAPI)
        #expect(error.effect == .unknown)
    }

    @Test func `that is no stream is malformed`() async throws {
        let transport = FakeTransport(200, Sample.response, headers: ["Content-Type": "application/json"])
        let error = try await APICall.startStream.error(api(transport))
        #expect(error.isNotTheAPI)
        #expect(error.message == "the server answered with status 200 and application/json, which is not the API's")
    }

    @Test func `can be made without a server, for those who stand in for it`() async throws {
        let made = try await events(Transcript.plain).events
        let failure = APIError(.truncatedStream, effect: .unknown, message: "cut")
        var iterator = ConversationEventStream(made, error: failure).makeAsyncIterator()
        for event in made { #expect(try await iterator.next() == event) }
        await #expect(throws: failure) { try await iterator.next() }
        #expect(try await iterator.next() == nil)
    }
}
