import ConvoAPI
import ConvoModel
import ConvoStore
import Expectations
import Testing

@testable import ConvoSync

@Suite struct `What becomes of a write` {
    private let limits = SyncLimits()

    private func afterSend(_ error: APIError) throws -> OperationTransition {
        let item = try item()
        return OperationTransition(.api(error), during: .send(item, nil), of: item, at: noon, limits: limits)
    }

    private func afterReading(
        _ confirmation: ConvoSync.InDoubtLookup, of item: OutboxItem, at span: Duration,
        clockSetBy jump: Duration = .zero
    ) -> OperationTransition {
        OperationTransition(
            confirmation, of: item, readSince: uptimeAtNoon + span, at: noon + span + jump, limits: limits)
    }

    @Test(arguments: [400, 403, 404, 422]) func `that the server says no to: refused`(status: Int) throws {
        guard case .refused(let reason) = try afterSend(.status(status)) else { throw Unexpected("not refused") }
        #expect(reason.code == "http_\(status)")
    }

    @Test(arguments: [409, 429]) func `that came at a bad time: back in the queue, for later`(status: Int) throws {
        guard case .queued(_, let moment) = try afterSend(.status(status, retryAfter: .seconds(7))) else {
            throw Unexpected("not queued")
        }
        #expect(try #require(moment) >= noon + .seconds(7))
    }

    @Test(arguments: [APIError.lost, .status(500, .unknown), .status(503, .unknown)])
    func `that may have arrived: in doubt`(error: APIError) throws {
        guard case .inDoubt = try afterSend(error) else { throw Unexpected("not in doubt") }
    }

    @Test(arguments: [APIError.unreachable, .status(401)])
    func `that certainly did not leave: queued, and the next pass tries`(error: APIError) throws {
        guard case .queued(_, nil) = try afterSend(error) else { throw Unexpected("not queued") }
    }

    @Test func `in doubt and not there: not sent again before it can no longer surface`() throws {
        let item = try item(state: .inDoubt)
        let early = afterReading(.absent, of: item, at: .seconds(839))
        guard case .inDoubt(_, let moment) = early else { throw Unexpected("sent again too early") }
        #expect(moment <= noon + .seconds(840))
        #expect(afterReading(.absent, of: item, at: .seconds(840)) == .queued(.notArrived, until: nil))
    }

    @Test(arguments: [Duration.seconds(-7200), .seconds(7200)])
    func `in doubt: no clock that is set changes when it can no longer surface`(jump: Duration) throws {
        let item = try item(state: .inDoubt)
        guard case .inDoubt = afterReading(.absent, of: item, at: .seconds(839), clockSetBy: jump) else {
            throw Unexpected("sent again too early")
        }
        let transition = afterReading(.absent, of: item, at: .seconds(840), clockSetBy: jump)
        #expect(transition == .queued(.notArrived, until: nil))
    }

    @Test func `in doubt, and the machine was started anew: what counts is the time since then`() throws {
        let item = try item(state: .inDoubt)
        for (seconds, isProved) in [(839, false), (840, true)] {
            let uptime = Uptime(boot: "second", microseconds: Int64(seconds) * 1_000_000)
            let transition = OperationTransition(
                .absent, of: item, readSince: uptime, at: noon + .seconds(9000), limits: limits)
            #expect((transition == .queued(.notArrived, until: nil)) == isProved)
        }
    }

    @Test func `in doubt, and on another machine, which has long been running: the wall clock must say so too`() throws
    {
        let item = try item(state: .inDoubt)
        let uptime = Uptime(boot: "other", microseconds: 86_400_000_000)
        for (seconds, isProved) in [(839, false), (840, true)] {
            let now = noon + .seconds(seconds)
            let transition = OperationTransition(.absent, of: item, readSince: uptime, at: now, limits: limits)
            #expect((transition == .queued(.notArrived, until: nil)) == isProved)
        }
    }

    @Test(arguments: [0, 3, 9]) func `a deletion that did not arrive: sent again, each time later`(tries: Int) throws {
        let item = try ConvoSyncTests.item(.delete, state: .inDoubt, tries: tries)
        guard case .queued(.notArrived, let moment?) = afterReading(.absent, of: item, at: .zero) else {
            throw Unexpected("not queued for later")
        }
        #expect(moment == noon + limits.backoff.delay(after: item.attempts))
        let asked = OperationTransition(
            .api(.status(503, .unknown, retryAfter: .seconds(90))), during: .send(item, nil), of: item, at: noon,
            limits: limits)
        guard case .inDoubt(_, noon + .seconds(90)) = asked else {
            throw Unexpected("does not wait as the server asks")
        }
    }

    @Test(arguments: [(0, 1), (400, 100), (4000, 60)])
    func `waits longer before each read of a conversation for which something else answers, a minute at most`(
        age: Int, seconds: Int
    ) throws {
        let store = try temporaryStore()
        let id = try store.start(StartRequest("hello")).operation
        let portal = SyncFailure.api(APIError(.notTheAPI(status: 403), effect: .none, message: "a page"))
        try store.markQueued(id, from: .queued, reason: portal.reason, nextAttempt: nil)
        let item = try store.operation(matching: id.rawValue)
        let now = item.createdAt + .seconds(age)
        let transition = OperationTransition(portal, during: .prepare(item), of: item, at: now, limits: limits)
        #expect(transition == .queued(portal.reason, until: now + .seconds(min(seconds, 60))))
    }

    @Test func `in doubt, and reading fails: still in doubt, whatever the error`() throws {
        let item = try item(state: .inDoubt)
        for error in [
            APIError.unreachable, .status(401), .status(422), .status(429), .status(500), .lost,
        ] {
            guard
                case .inDoubt = OperationTransition(
                    .api(error), during: .confirm(item), of: item, at: noon, limits: limits)
            else { throw Unexpected("\(error) took it out of doubt") }
        }
    }

    @Test func `in doubt, and the API does not show it: left to the person once it can no longer surface`() throws {
        let store = try temporaryStore()
        let id = try store.start(StartRequest("hello")).operation
        _ = try store.markSending(id, base: nil)
        for (known, span, expected) in [
            (OutboxItem.Reason.notThereYet, 841, OutboxItem.Reason?.none), (.notShown, 839, nil),
            (.notShown, 841, .notShown), (.copied, 839, nil), (.copied, 841, .copied), (.conversationGone, 841, nil),
        ] {
            try store.markInDoubt(id, reason: known, nextAttempt: noon)
            let item = try store.operation(matching: id.rawValue)
            let since = Uptime(
                boot: try #require(item.doubtedUptime).boot,
                microseconds: try #require(item.doubtedUptime).microseconds + Int64(span) * 1_000_000)
            let transition = OperationTransition(.unreadable, of: item, readSince: since, at: noon, limits: limits)
            switch (transition, expected) {
            case (.held(let reason), let expected?): #expect(reason == expected)
            case (.inDoubt(let reason, _), nil):
                #expect(reason.code == (known.code == "copied" ? "copied" : "not_shown"))
            default: Issue.record("\(known.code) after \(span) s: \(transition)")
            }
        }
    }

    @Test func `waits longer before each read of a conversation that is busy, ten seconds at most`() throws {
        let store = try temporaryStore()
        let id = try store.start(StartRequest("hello")).operation
        let busy = SyncFailure.api(.status(409)).reason
        try store.markQueued(id, from: .queued, reason: busy, nextAttempt: nil)
        let item = try store.operation(matching: id.rawValue)
        let transition = OperationTransition(
            .api(.status(409)), during: .prepare(item), of: item, at: item.createdAt + .seconds(60), limits: limits)
        #expect(transition == .queued(busy, until: item.createdAt + .seconds(70)))
    }

    @Test func `in doubt, and the conversation is gone: held, for nobody can tell`() throws {
        let item = try item(state: .inDoubt)
        for (doubted, reason) in [
            (limits.replicaLag - .seconds(1), "interrupted"), (limits.replicaLag, "conversation_gone"),
        ] {
            guard case .inDoubt(let known, _) = afterReading(.denied, of: item, at: doubted) else {
                throw Unexpected("a single word was believed")
            }
            #expect(known.code == reason)
        }
        let store = try temporaryStore()
        let id = try store.start(StartRequest("hello")).operation
        _ = try store.markSending(id, base: nil)
        for (known, expected) in [
            (OutboxItem.Reason.conversationGone, OutboxItem.Reason?.some(.conversationGone)), (.notShown, nil),
            (.notThereYet, nil), (.copied, .copied),
        ] {
            try store.markInDoubt(id, reason: known, nextAttempt: noon)
            let denied = try store.operation(matching: id.rawValue)
            let transition = afterReading(.denied, of: denied, at: limits.replicaLag)
            if let expected {
                #expect(transition == .held(expected))
            } else if case .inDoubt(let reason, _) = transition {
                #expect(reason == .conversationGone)
            } else {
                Issue.record("\(known.code): \(transition)")
            }
        }
        try store.markInDoubt(id, reason: .conversationGone, nextAttempt: noon)
        let shown = try store.operation(matching: id.rawValue)
        guard case .inDoubt(let reason, _) = afterReading(.absent, of: shown, at: .seconds(200)) else {
            throw Unexpected("out of doubt")
        }
        #expect(reason == .notThereYet, "it has been shown since")
    }

    @Test func `in doubt, and the server is still at it: in doubt, however late`() throws {
        let item = try item(state: .inDoubt)
        guard case .inDoubt = afterReading(.busy, of: item, at: .seconds(3600)) else {
            throw Unexpected("out of doubt")
        }
    }

    @Test func `in doubt and nobody can tell: held for the person`() throws {
        #expect(try afterReading(.unclear(.ambiguous), of: item(state: .inDoubt), at: .zero) == .held(.ambiguous))
    }

    @Test func `in doubt, and there without an answer: delivered once its run can no longer fail`() throws {
        let item = try item(state: .inDoubt)
        let id = RemoteID("conv_9")
        #expect(afterReading(.unanswered(id), of: item, at: .seconds(840)) == .delivered(id))
        #expect(
            afterReading(.unanswered(id), of: item, at: .seconds(835))
                == .inDoubt(try #require(item.reason), until: noon + .seconds(840)))
    }

    @Test func `in doubt, and no history is as new as what was known: held once none can come`() throws {
        let item = try item(state: .inDoubt)
        #expect(afterReading(.outdated, of: item, at: .seconds(840)) == .held(.ambiguous))
        #expect(
            afterReading(.outdated, of: item, at: .seconds(835))
                == .inDoubt(try #require(item.reason), until: noon + .seconds(840)))
    }

    @Test func `in doubt: looked for after half a second, then every ten, and less often the longer it lasts`() throws {
        guard case .inDoubt(_, let first) = try afterSend(.lost) else { throw Unexpected("not in doubt") }
        #expect(first == noon + .milliseconds(500))
        let item = try item(state: .inDoubt)
        for confirmation in [ConvoSync.InDoubtLookup.absent, .busy, .denied, .outdated, .unanswered(nil)] {
            guard case .inDoubt(_, let moment) = afterReading(confirmation, of: item, at: .seconds(1)) else {
                throw Unexpected("\(confirmation)")
            }
            #expect(moment == noon + .seconds(11))
            for (seconds, wait) in [(40, 10), (44, 11), (400, 100), (600, 120)] where confirmation != .denied {
                guard case .inDoubt(_, let moment) = afterReading(confirmation, of: item, at: .seconds(seconds)) else {
                    throw Unexpected("\(confirmation)")
                }
                #expect(moment == noon + .seconds(seconds + wait))
            }
        }
    }

    @Test func `that came at a bad time waits longer the more often it was tried`() throws {
        for (tries, seconds) in [(0, 1), (1, 2), (2, 4)] {
            let item = try item(tries: tries)
            guard
                case .queued(_, let moment) = OperationTransition(
                    .api(.status(409)), during: .send(item, nil), of: item, at: noon, limits: limits)
            else { throw Unexpected("not queued") }
            #expect(moment == noon + .seconds(seconds))
        }
    }

    /// Each run may have cost tokens.
    @Test func `whose run the server itself failed on five times: held for the person`() throws {
        for (failures, isHeld) in [(3, false), (4, true)] {
            let store = try temporaryStore()
            let id = try store.start(StartRequest("hello")).operation
            let failed = OutboxItem.Reason(code: "http_500", message: "it broke")
            for number in 0...failures {
                _ = try store.markSending(id, base: nil)
                try store.markInDoubt(id, reason: failed, nextAttempt: noon)
                if number < failures { try store.markQueued(id, from: .inDoubt, reason: nil, nextAttempt: nil) }
            }
            let item = try store.operation(matching: id.rawValue)
            let transition = afterReading(.absent, of: item, at: .seconds(840))
            #expect(transition == (isHeld ? .held(failed) : .queued(.notArrived, until: nil)))
        }
    }
}

@Suite struct `A failure that is not the API's` {
    @Test(arguments: [
        SyncFailure.cancelled, .store(.busy(path: "x")), .otherServer(owner: "a", given: "b"),
        .otherAccount(owner: nil, given: nil),
    ])
    func `ends the pass, and says nothing of the server`(failure: SyncFailure) {
        #expect(failure.endsPass && failure.isUnproven)
        #expect(!failure.isNotFound && !failure.mayHaveActed && !failure.isNotTheAPI && !failure.isUnreadable)
        #expect(!failure.isRetryable && !failure.isPassing && !failure.isBusy && !failure.isThrottle)
        #expect(failure.asked == nil)
    }

    @Test func `but a gateway's is not tried again at once`() {
        let gateway = SyncFailure.api(APIError(.notTheAPI(status: 503), effect: .none, message: "a page"))
        #expect(!gateway.isPassing)
        #expect(SyncFailure.api(.status(503)).isPassing)
    }
}
