import ConvoAPI
import ConvoApp
import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoTerminal
import Testing

@testable import ConvoCommand
@testable import ConvoStore
@testable import ConvoSync

@Suite struct `A sync` {
    /// A formatter at 17:33:20 local time, two hours ahead of UTC.
    private let times = LocalTimeFormatter(now: Timestamp(microseconds: 1_790_004_800_000_000)) { _ in 7200 }

    private func failure(_ kind: APIError.Kind, retryAfter: Duration? = nil) -> SyncFailure {
        .api(APIError(kind, effect: .none, message: "the server says no", retryAfter: retryAfter))
    }

    private func outcome(_ change: (inout SyncOutcome) -> Void) -> SyncOutcome {
        var outcome = SyncOutcome(times: times)
        change(&outcome)
        return outcome
    }

    private func pulled(_ halt: SyncFailure?) -> PullReport {
        var report = PullReport()
        report.halt = halt
        return report
    }

    @Test(arguments: [APIError.Kind.status(429), .status(503), .status(404), .notTheAPI(status: 200), .answerLost])
    func `pushes after a pull that ended early`(kind: APIError.Kind) {
        #expect(outcome { $0.pull = pulled(failure(kind)) }.canPush)
    }

    @Test(arguments: [APIError.Kind.unreachable, .insecure, .status(401), .noRoute, .unusableRequest])
    func `does not push where that could only end by the same`(kind: APIError.Kind) {
        #expect(!outcome { $0.pull = pulled(failure(kind)) }.canPush)
        #expect(!outcome { $0.pull = pulled(.otherServer(owner: "a", given: "b")) }.canPush)
    }

    @Test func `says until when the server asks to wait, and ends with try later`() throws {
        let wait = outcome { $0.pull = pulled(failure(.status(429), retryAfter: .seconds(600))) }
        let told = try #require(wait.failures.first)
        #expect(told.message == "The server asks to wait until 17:43 (10 min): The server says no.")
        #expect(told.exitCode == .tryLater)
        #expect(told.code == "rate_limited")
    }

    @Test func `says until when the server puts a write off`() throws {
        let late = outcome {
            $0.push = PushReport()
            $0.push?.throttle = failure(.status(429), retryAfter: .seconds(600))
            $0.waiting = [.queued]
        }
        #expect(late.failures.map(\.message) == ["The server asks to wait until 17:43 (10 min): The server says no."])
        #expect(late.failures.first?.exitCode == .tryLater)
        var stuck = late
        stuck.waiting.append(.refused)
        #expect(stuck.failures.map(\.code) == ["needs_decision"])
        var done = late
        done.waiting = []
        #expect(done.failures.isEmpty)
    }

    @Test(arguments: [
        (7, "17:33:27 (7 s)"), (600, "17:43 (10 min)"), (7200, "19:33 (2 h)"), (86_400, "2026-09-22 17:33 (24 h)"),
    ])
    func `names the moment as its distance asks for`(seconds: Int64, expected: String) {
        #expect(times.time(in: .seconds(seconds)) == expected)
    }

    @Test func `reports the pull and the push, and ends by the pull's failure`() {
        let both = outcome {
            $0.pull = pulled(failure(.status(503)))
            $0.push = PushReport()
            $0.push?.delivered = 2
            $0.push?.halt = failure(.notTheAPI(status: 302))
        }
        #expect(both.failures.map(\.code) == ["server_error", "not_the_api"])
        #expect(both.lines == ["Delivered 2 writes."])
        #expect(both.json["pushed"]?.text == "2")
        #expect(both.json["failures"]?.elements.map { $0["code"]?.string } == ["server_error", "not_the_api"])
    }

    @Test func `meets the same trouble twice and tells it once`() {
        let both = outcome {
            $0.pull = pulled(failure(.status(503)))
            $0.push = PushReport()
            $0.push?.halt = failure(.status(503))
        }
        #expect(both.failures.count == 1)
    }

    @Test func `names the conversation that could not be read`() {
        let cause = failure(.status(429), retryAfter: .seconds(600))
        let late = outcome {
            $0.pull.failures = ["conv_1", "conv_2"].map { .init(conversation: RemoteID($0), cause: cause) }
        }
        #expect(
            late.failures.first?.message
                == "conv_1 and 1 other could not be read: The server asks to wait until 17:43 (10 min): The server says no."
        )
    }

    @Test func `asks before many conversations are marked as deleted`() {
        let many = outcome {
            $0.pull.withheldDeletions = 40
            $0.heldCount = 100
        }
        #expect(many.failures.first?.exitCode == .badData)
        #expect(
            many.failures.first?.message.hasPrefix("40 or more of 100 conversations would be marked as deleted at once")
                == true
        )
        #expect(many.failures.first?.hint?.contains("`convo sync --accept-deletions`") == true)
        #expect(many.json["withheld_deletions"]?.text == "40")
    }

    @Test func `names what was set aside, and is no failure by that`() {
        let item = SetAsideItem(
            conversation: nil, remoteID: nil, conversationName: nil, position: 2, id: "12345",
            name: "the \u{1B}odd one",
            reason: "its id is a number", seenAt: Timestamp(stored: "2026-01-01T00:00:00.000000Z"))
        let odd = outcome { $0.setAside = [item] }
        #expect(odd.failures.isEmpty)
        #expect(
            odd.lines.last
                == "Set aside 1 thing that can't be read: row 3 of the list (\"the ␛odd one\", 12345): its id is a number."
        )
        #expect(odd.json["set_aside"]?.elements.first?["position"]?.text == "2")
    }

    @Test func `on another account's database ends as a wrong configuration, and names both`() {
        let thrown: any Error = SyncFailure.otherAccount(owner: "Ada", given: "Bob")
        let refused = outcome { $0.pull = pulled(SyncFailure(thrown)) }
        #expect(!refused.canPush)
        #expect(refused.failures.first?.exitCode == .configuration)
        #expect(refused.failures.first?.code == "other_account")
        #expect(refused.failures.first?.message.contains("Ada") == true)
        #expect(refused.failures.first?.message.contains("Bob") == true)
    }

    @Test func `says that another process delivers`() {
        #expect(outcome { $0.isPushedElsewhere = true }.lines.last == "Another process is delivering what waits.")
    }
}

@Suite struct `What was set aside` {
    private func item(_ conversation: LocalID?, name: String? = nil, position: Int?) -> SetAsideItem {
        SetAsideItem(
            conversation: conversation, remoteID: conversation.map { RemoteID("conv_\($0)") }, conversationName: name,
            position: position, id: nil, name: nil, reason: "it has no type", seenAt: Timestamp(microseconds: 0))
    }

    @Test func `is named by its conversation and its place`() {
        let conversation = LocalID("0a8p")
        #expect(item(nil, position: 0).words == "row 1 of the list: it has no type")
        #expect(item(conversation, name: "Notes", position: 1).words == "entry 2 of 0a8p \"Notes\": it has no type")
        #expect(item(conversation, position: nil).words == "the history of 0a8p: it has no type")
    }

    @Test func `is named in part where it is much`() {
        let items = (0..<7).map { item(nil, position: $0) }
        #expect(items.words.hasSuffix("row 5 of the list: it has no type; and 2 more: see `convo status`"))
    }

    @Test func `stands in the status whole`() {
        let report = StatusReport(
            profile: "work", database: "/d", server: "https://s",
            status: StoreStatus(conversations: 1, entries: 2, outbox: [:], lastPullAt: nil, lastSweepAt: nil),
            setAside: (0..<7).map { item(nil, position: $0) }, files: [.stored: 3, .tooLarge: 1], daemon: nil,
            endpoint: nil, listen: LocalAddress("127.0.0.1:7733"))
        let lines = report.lines(.plain)
        #expect(lines.first == "profile     work")
        #expect(lines.count { $0.contains("it has no type") } == 7)
        #expect(report.json["set_aside"]?.elements.count == 7)
        #expect(report.json["profile"]?.string == "work")
        #expect(lines.contains("files       3 stored, 1 too large"))
        #expect(lines.contains("endpoint    not offered now; the settings name 127.0.0.1:7733"))
        #expect(report.json["endpoint"]?.text == #"{"running":false,"address":"127.0.0.1:7733"}"#)
    }
}

@Suite struct `Whose a database is` {
    private func report(_ owner: StoreOwner, profile: String? = nil, held: Int? = nil) -> AccountReport {
        AccountReport(profile: profile, database: "/d", serverURL: "https://s", owner: owner, heldCount: held)
    }

    @Test func `is told by name and id`() {
        let account = Account(
            user: .init(id: "u1", name: "Ada"), workspace: .init(id: "w1"), organization: .init(id: "o1", name: "Org"))
        let report = report(StoreOwner(server: "https://s", account: account, keyCount: 2), profile: "work")
        let lines = report.lines(.plain)
        for line in ["profile       work", "user          Ada (u1)", "workspace     w1", "keys          2 seen"] {
            #expect(lines.contains(line))
        }
        #expect(report.json["user"]?.text == #"{"id":"u1","name":"Ada"}"#)
        #expect(report.json["organization"]?["id"]?.string == "o1")
        #expect(report.json["keys"]?.text == "2")
    }

    @Test func `may be nobody's yet, or the server does not tell`() {
        #expect(report(StoreOwner(server: nil)).lines(.plain).contains { $0.contains("nobody yet") })
        #expect(report(StoreOwner(server: nil)).json["server"]?.kind == .null)
        #expect(report(StoreOwner(server: "https://s")).lines(.plain).contains("user        the server did not tell"))
    }

    @Test func `is compared with what the settings name now`() {
        let ada = Account(user: .init(id: "u1", name: "Ada"))
        let owner = StoreOwner(server: "https://s", account: ada, keyCount: 1)
        #expect(owner.mismatch(server: "https://s", account: ada) == nil)
        #expect(owner.mismatch(server: "https://s", account: nil) == nil)
        #expect(owner.mismatch(server: "https://t", account: ada)?.reason.code == "other_server")
        let other = owner.mismatch(server: "https://s", account: Account(user: .init(id: "u2", name: "Bob")))
        #expect(other?.reason.code == "other_account")
        #expect(other?.reason.message.contains("Ada (u1)") == true)
        #expect(StoreOwner(server: nil).mismatch(server: "https://t", account: ada) == nil)
    }

    @Test func `changes hands with a word on what is held`() {
        let lines = report(StoreOwner(server: "https://s"), held: 3).lines(.plain)
        #expect(lines.last?.contains("3 queued for the account before") == true)
        #expect(report(StoreOwner(server: "https://s"), held: 3).json["held"]?.text == "3")
    }
}
