import ConvoJSON
import ConvoModel
import ConvoSandbox
import ConvoServer
import HummingbirdTesting
import MistralEmulator
import Testing

@Suite(.sandbox) struct `A fault` {
    /// The status of an append with a fault, and what the history holds after it.
    private func append(with fault: String) async throws -> (reply: Visitor.Reply, entries: Int) {
        let path = try await visitor.start()
        try await visitor.turn("\(fault)=1", "fault-scope=writes")
        let reply = try await visitor.append("x", to: path)
        try await visitor.sandbox.settle()
        return (reply, try await visitor.entries(of: path).count)
    }

    @Test(arguments: [
        ("rate-limit", 429, 2), ("error-500", 500, 2), ("error-502", 502, 2), ("error-503", 503, 2),
        ("error-500-after-commit", 500, 4), ("error-502-after-commit", 502, 4), ("error-503-after-commit", 503, 4),
    ])
    func `before the commit leaves nothing behind, and after it everything`(
        fault: String, status: Int, left: Int
    ) async throws {
        let (reply, entries) = try await append(with: fault)
        #expect(reply.status == status)
        #expect(entries == left)
    }

    @Test func `of the rate limit has the gateway's shape, and a Retry-After where it is asked for`() async throws {
        try await visitor.turn("rate-limit=1")
        let bare = try await visitor.get(Visitor.collection)
        #expect(
            bare.text
                == #"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}"#
        )
        #expect(bare["retry-after"] == nil)
        try await visitor.sandbox.turn { $0.retryAfterSeconds = 7 }
        #expect(try await visitor.get(Visitor.collection)["retry-after"] == "7")
    }

    @Test func `of HTML is no JSON and no error`() async throws {
        try await visitor.turn("html=1")
        let reply = try await visitor.get(Visitor.collection)
        #expect((reply.status, reply["content-type"]) == (200, Self.html))
    }

    @Test func `strikes every third request, or by scheduler that a seed repeats`() async throws {
        func statuses(_ switches: [String]) async throws -> [Int] {
            try await visiting(turned: switches) { visitor in
                var statuses: [Int] = []
                for _ in 0..<30 { statuses.append(try await visitor.get(Visitor.collection).status) }
                return statuses
            }
        }
        #expect(try await statuses(["error-500=every-3"]).prefix(6) == [200, 200, 500, 200, 200, 500])
        let seeded = try await statuses(["error-500=0.5", "seed=7"])
        #expect(try await statuses(["error-500=0.5", "seed=7"]) == seeded)
        #expect(Set(seeded) == [200, 500])
        #expect(try await statuses(["error-500=0.5", "seed=8"]) != seeded)
    }

    @Test func `can be kept to writes`() async throws {
        try await visitor.turn("error-500=1", "fault-scope=writes")
        let read = try await visitor.get(Visitor.collection)
        let write = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"x"}"#)
        #expect((read.status, write.status) == (200, 500))
    }

    private static let html = "text/html; charset=utf-8"

    @Test(arguments: [
        ("html", 200, html), ("portal-302", 302, html), ("portal-403", 403, html), ("portal-404", 404, html),
        ("portal-detail", 404, "application/json"), ("proxy-404", 404, html), ("proxy-502", 502, html),
    ])
    func `in the way of the API has its own status, type and page, and nothing is done`(
        fault: String, status: Int, type: String
    ) async throws {
        let (reply, entries) = try await append(with: fault)
        #expect((reply.status, reply["content-type"]) == (status, type))
        #expect(entries == 2)
        #expect((reply["location"] != nil) == (status == 302))
        #expect(reply["mistral-correlation-id"] == nil && reply["x-kong-request-id"] == nil)
    }

    @Test(arguments: [("html-after-commit", 200), ("proxy-502-after-commit", 502)])
    func `in the way of the API after the commit leaves everything behind`(fault: String, status: Int) async throws {
        let (reply, entries) = try await append(with: fault)
        #expect((reply.status, reply["content-type"]) == (status, Self.html))
        #expect(entries == 4)
    }

    @Test func `of a failed response is the API's own 503`() async throws {
        let (reply, entries) = try await append(with: "failed-response")
        #expect((reply.status, reply.json["code"]?.int, entries) == (503, 3000, 2))
    }

    @Test func `strikes the next requests of a kind, then none`() async throws {
        try await visitor.turn("error-500=next-2:get_history,append")
        let path = try await visitor.start()
        #expect(try await visitor.get(path).status == 200)
        #expect(try await visitor.append("x", to: path).status == 500)
        #expect(try await visitor.sandbox.switches.faults[.error500] == FaultRate("next-1:get_history,append"))
        #expect(try await visitor.get(path + "/history").status == 500)
        #expect(try await visitor.append("x", to: path).status == 200)
        #expect(try await visitor.sandbox.switches.faults[.error500]?.description == "0")
    }

    @Test func `has a rate that is written as it is read`() {
        for text in ["0", "0.25", "every-3", "next-1", "every-2:list,get", "1.0:writes", "next-4:reads,start"] {
            #expect(FaultRate(text)?.description == text)
        }
        for text in ["", "2", "-1", "every-0", "next-", "next-0", "1:", "1:nothing", "1:list,", "x:list"] {
            #expect(FaultRate(text) == nil)
        }
    }

    @Test func `makes a run take long, and holds its lock`() async throws {
        try await visitor.turn("long-run-ms=60000")
        let path = try await visitor.start()
        try await visitor.turn("long-run=next-1:append_stream")
        try await visitor.beginStream("x", to: path)
        #expect(try await visitor.append("y", to: path).status == 409)
    }

    @Test(.liveSandbox, arguments: [("reset-before-commit", 2), ("reset-after-commit", 4)])
    func `that resets the connection gives no answer, with the commit or without`(
        fault: String, entries: Int
    ) async throws {
        let path = try await visitor.start()
        try await visitor.turn("\(fault)=1")
        await #expect(throws: (any Error).self) { try await visitor.append("x", to: path) }
        try await visitor.sandbox.settle()
        #expect(try await visitor.sandbox.records.elements.first?["entries"]?.elements.count == entries)
    }

    @Test func `of a late commit loses the answer, and holds the lock until then`() async throws {
        try await visitor.turn("late-commit-ms=60000")
        let path = try await visitor.start()
        try await visitor.turn("late-commit=1")
        _ = try await visitor.append("x", to: path)
        #expect(try await visitor.entries(of: path).count == 2)
        #expect(try await visitor.sandbox.busyConversations.count == 1)
        #expect(try await visitor.append("y", to: path).status == 409)
    }

    @Test func `is counted in the log`() async throws {
        try await visitor.turn("error-500=1")
        _ = try await visitor.get(Visitor.collection)
        let log = try await visitor.sandbox.log
        #expect((log.count(of: .list), log.count(of: Fault.error500)) == (1, 1))
    }
}

@Suite struct `A switch` {
    @Test func `has a name of its own, and takes the value that it shows`() throws {
        #expect(Set(Switch.all.map(\.name)).count == Switch.all.count)
        let start = Switches()
        for item in Switch.all {
            var turned = start
            try turned.set(item.name, to: item.value(start))
            #expect(item.value(turned) == item.value(start))
        }
    }

    @Test func `is there for each of the fifteen unknowns`() {
        let numbers = Set(Switch.unknowns.compactMap(\.unknown))
        #expect(numbers == Set(1...15))
    }

    @Test func `refuses what it does not take, and nothing is changed`() {
        for assignment in ["nope=1", "seed", "seed=-1", "cut-stream=2", "cut-stream=every-0", "restart-history=x"] {
            var switches = Switches()
            #expect(throws: SwitchError.self) { try switches.set(assignment: assignment) }
            #expect(switches == Switches())
        }
    }
}
