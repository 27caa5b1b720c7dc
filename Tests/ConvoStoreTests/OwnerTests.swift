import ConvoJSON
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

@Suite final class `A store that knows whose it is`: StoreSuite {
    private let ann = Account(
        user: .init(id: "u1", name: "ann"), workspace: .init(id: "w1"), organization: .init(id: "o1", name: "Org"))

    @Test func `belongs to nobody at first`() throws {
        #expect(try store.owner() == StoreOwner(server: nil))
        #expect(StoreOwner(server: nil).keyCount == 0)
        #expect(try !store.knows(key: "k"))
        #expect(try !store.belongs(to: OwnerClaim(server: "https://a", key: nil, adoptions: 0)))
        try store.recordOwner(server: "https://a", account: nil, key: nil)
        #expect(
            try store.belongs(to: OwnerClaim(server: "https://a", key: nil, adoptions: 0))
                && !store.belongs(to: OwnerClaim(server: "https://a", key: "k", adoptions: 0)))
    }

    @Test func `remembers server, account and keys, and forgets none of them`() throws {
        try store.recordOwner(server: "https://a", account: ann, key: "one")
        #expect(try store.owner() == StoreOwner(server: "https://a", account: ann, keyCount: 1))
        try store.recordOwner(server: "https://a", account: nil, key: "two")
        try store.recordOwner(server: "https://a", account: nil, key: "two")
        try store.recordOwner(server: "https://a", account: nil, key: nil)
        #expect(try store.owner() == StoreOwner(server: "https://a", account: ann, keyCount: 2))
        for (key, isKnown) in [("one", true), ("two", true), ("three", false), ("", false)] {
            #expect(try store.knows(key: key) == isKnown)
            #expect(try store.belongs(to: OwnerClaim(server: "https://a", key: key, adoptions: 0)) == isKnown)
            #expect(try !store.belongs(to: OwnerClaim(server: "https://b", key: key, adoptions: 0)))
        }
        let written = try store.read { try String.fetchAll($0, sql: "SELECT digest FROM known_key") }
        #expect(written.count == 2 && !written.contains("one"))
    }

    @Test func `takes nothing in that was read for the account before`() throws {
        try store.recordOwner(server: "https://a", account: nil, key: "one")
        let checked = try store.owner()
        let claim = OwnerClaim(server: "https://a", key: "one", adoptions: 0)
        let page = ConversationPage([try Conversation.sample("conv_1")])
        let digest = PageDigest(point: .max, value: 7)
        _ = try store.ingest(page, at: PageKey(page: 0, size: 100), digest: digest, readWith: claim)
        _ = try store.adopt(server: "https://a", account: nil, key: "two")
        let changed = try Conversation.sample("conv_1", updated: "2026-01-02T00:00:00Z")
        for attempt in 0..<5 {
            let error = #expect(throws: StoreError.self) {
                switch attempt {
                case 0: _ = try store.ingest([changed], readWith: claim)
                case 1: _ = try store.ingest(page, at: PageKey(page: 0, size: 100), digest: digest, readWith: claim)
                case 2: try store.notePull(isSweep: true, readWith: claim)
                case 3: try store.markDeletedRemotely([RemoteID("conv_1")], readWith: claim)
                default:
                    try store.ingest(
                        [FetchedHistory(.sample("conv_1", exchange("conv_1")), version: "v", readWith: claim)])
                }
            }
            #expect(error?.code == "owner_changed")
        }
        #expect(try store.read { try $0.isTrue(sql: "SELECT other_account = 1 FROM conversation") })
        #expect(try store.recordOwner(server: "https://a", account: ann, key: "one", checked: checked) == nil)
        #expect(try store.owner().account == nil && !store.knows(key: "one"))
        #expect(try store.recordOwner(server: "https://a", account: nil, key: "three", checked: store.owner()) != nil)
        // The account before has it again: what was read for it before is not taken, because another's answers may be among it.
        let back = try store.adopt(server: "https://a", account: nil, key: "one").claim
        #expect(try !store.belongs(to: claim) && store.belongs(to: back))
    }

    @Test func `tells a few of the conversations that the server has, the newest first`() throws {
        for day in 1...4 {
            try store.mirror(.sample("conv_\(day)", updated: "2026-01-0\(day)T00:00:00Z"), [message("\(day)", "hello")])
        }
        try store.markDeletedRemotely([RemoteID("conv_4")])
        _ = try store.delete(try store.localID(matching: "conv_3"), .local)
        let unstored = try temporary.start(isStored: false)
        try store.markDelivered(unstored.operation, response: temporary.response("unstored"))
        _ = try temporary.start()
        #expect(try store.heldConversations(limit: 9) == [RemoteID("conv_2"), RemoteID("conv_1")])
        #expect(try store.heldConversations(limit: 1) == [RemoteID("conv_2")])
        #expect(try store.deletionCensus().mirrored == 2)
        #expect(try store.mirrored(exceptOn: []) == [RemoteID("conv_1"), RemoteID("conv_2")])
    }

    @Test func `writes nothing to what the account of now has not shown, and marks none of it`() throws {
        try store.recordOwner(server: "https://a", account: ann, key: "one")
        let id = try temporary.conversation("conv_1")
        let held = try temporary.append(to: id)
        let branch = try temporary.branch("x", from: "conv_1 q", of: id)
        let start = try temporary.start()
        _ = try store.adopt(server: "https://a", account: nil, key: "two")
        let refused = "\(StoreError.accountBefore(id))"
        #expect(refusal { _ = try temporary.append(to: id) } == refused)
        #expect(refusal { _ = try store.delete(id, .remote) }.isEmpty == false)
        #expect(refusal { try store.retry(held) } == refused)
        #expect(refusal { try store.retry(branch.operation) } == refused)
        #expect(try store.retryAll(in: [.held]) == [start.operation])
        #expect(try temporary.states(held, branch.operation, start.operation) == [.held, .held, .queued])
        try store.markDeletedRemotely([RemoteID("conv_1")])
        #expect(try store.conversation(matching: id.rawValue).deletedRemotelyAt == nil)
        for write in [held, branch.operation] { _ = try store.cancel(write) }
        #expect(refusal { _ = try store.delete(id, .remote) } == refused)
        #expect(refusal { _ = try store.delete(id, .both) } == refused)
        _ = try store.ingest([.sample("conv_1")])
        _ = try temporary.append(to: id)
    }

    @Test func `looks for what was under way when it changed hands before it sends that again`() throws {
        try store.recordOwner(server: "https://a", account: nil, key: "one")
        let (sending, queued) = (try temporary.start().operation, try temporary.start().operation)
        _ = try store.markSending(sending, base: nil)
        try store.run("UPDATE operation SET failures = 2")
        _ = try store.adopt(server: "https://a", account: nil, key: "two")
        for id in [sending, queued] {
            #expect(try !store.conversation(matching: temporary.item(id).conversation.rawValue).isFromAccountBefore)
        }
        #expect(try store.retryAll(in: [.held]) == [sending, queued])
        #expect(try temporary.states(sending, queued) == [.inDoubt, .queued])
        #expect(try temporary.item(sending).doubtedAt == temporary.clock.now)
        #expect(try temporary.item(sending).failures == 0)
    }

    @Test func `keeps what is here only for whoever has it`() throws {
        let unstored = try temporary.start(isStored: false)
        try store.markDelivered(unstored.operation, response: temporary.response("unstored"))
        _ = try store.adopt(server: "https://b", account: nil, key: nil)
        #expect(try !store.conversation(matching: unstored.conversation.rawValue).isFromAccountBefore)
    }

    @Test func `tells nothing of the server of now by what was made on the one before`() throws {
        let start = try temporary.start()
        try store.markDelivered(start.operation, as: RemoteID("conv_1"))
        _ = try store.ingest([.sample("conv_1")])
        #expect(try store.ownCreation() == RemoteID("conv_1") && store.givesMetadataBack() == false)
        _ = try store.adopt(server: "https://b", account: nil, key: nil)
        #expect(try store.ownCreation() == nil && store.givesMetadataBack() == nil)
    }

    @Test func `holds nothing where it stays in the same hands`() throws {
        try store.recordOwner(server: "https://a", account: ann, key: "one")
        let (queued, sending) = (try temporary.start().operation, try temporary.start().operation)
        _ = try store.markSending(sending, base: nil)
        #expect(try store.adopt(server: "https://a", account: ann, key: "two").held == 0)
        #expect(try temporary.states(queued, sending) == [.queued, .sending])
        #expect(try store.knows(key: "two") && !store.knows(key: "one"))
    }

    private func list(_ ids: [String], at place: PageKey) throws {
        let page = ConversationPage(try ids.map { try Conversation.sample($0) })
        _ = try store.ingest(page, at: place, digest: PageDigest(point: 1, value: 2))
    }

    @Test func `asks the account of now about nothing that it has not shown`() throws {
        try store.recordOwner(server: "https://a", account: ann, key: "one")
        let (first, other) = (try temporary.conversation("conv_1"), try temporary.conversation("conv_2"))
        _ = try store.ingest([.sample("conv_3")])
        let place = PageKey(page: 0, size: 100)
        try list(["conv_1", "conv_2"], at: place)
        _ = try store.adopt(server: "https://a", account: ann, key: "two")
        #expect(try !store.conversation(matching: "conv_1").isFromAccountBefore, "it is the same account")
        #expect(try store.cachedPage(at: place) != nil)
        let bob = Account(user: .init(id: "u2", name: "bob"))
        _ = try store.adopt(server: "https://a", account: bob, key: "bob")
        #expect(try store.conversations().allSatisfy(\.isFromAccountBefore))
        #expect(try !store.isHistoryBehind(of: store.localID(matching: "conv_3")))
        #expect(try store.cachedPage(at: place) == nil)
        #expect(try store.mirrored(exceptOn: []).isEmpty && store.heldConversations(limit: 9).isEmpty)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
        #expect(try store.deletionCensus().mirrored == 0)
        try list(["conv_1"], at: place)
        _ = try store.ingest([.sample("conv_3")])
        #expect(try !store.conversation(matching: first.rawValue).isFromAccountBefore)
        #expect(try store.conversation(matching: other.rawValue).isFromAccountBefore)
        #expect(try store.mirrored(exceptOn: []) == [RemoteID("conv_1"), RemoteID("conv_3")])
        #expect(
            try store.staleConversations(limit: 9, now: temporary.clock.now).map(\.remoteID) == [RemoteID("conv_3")])
        #expect(try store.deletionCensus().mirrored == 2)
    }

    @Test func `holds every open write when it changes hands`() throws {
        try store.recordOwner(server: "https://a", account: ann, key: "one")
        let conversations = try (0..<6).map { try temporary.conversation("conv_\($0)") }
        let writes = try conversations.map { try temporary.append(to: $0) }
        let behind = try temporary.append(to: conversations[3])
        let soon = temporary.clock.now
        try store.markQueued(writes[0], from: .queued, reason: nil, nextAttempt: soon)
        _ = try store.markSending(writes[1], base: nil)
        try temporary.doubt(writes[2])
        try temporary.stop(writes[3])
        try temporary.stop(writes[4], as: .held, .init(code: "ambiguous", message: "who knows"))
        try store.markDelivered(writes[5])
        let cancelled = try temporary.append(to: conversations[5])
        _ = try store.cancel(cancelled)
        let starts = try (0..<2).map { _ in try temporary.start().operation }
        for (start, code) in zip(starts, ["unrecognisable", "copied"]) {
            try temporary.stop(start, as: .held, .init(code: code, message: "which one is it?"))
        }
        try store.notePull(isSweep: true)
        #expect(try store.servingFacts().hasSwept)
        #expect(try store.adopt(server: "https://b", account: nil, key: "new").held == 6)
        #expect(try store.status().lastSweepAt != nil)
        #expect(try !store.servingFacts().hasSwept, "it was the account before's list")
        try store.notePull(isSweep: false)
        #expect(try !store.servingFacts().hasSwept)
        try store.notePull(isSweep: true)
        #expect(try store.servingFacts().hasSwept)
        #expect(try store.owner() == StoreOwner(server: "https://b", account: nil, keyCount: 1, adoptions: 1))
        #expect(try store.knows(key: "new") && !store.knows(key: "one"))
        for id in Array(writes[0...3]) + [behind] {
            let item = try temporary.item(id)
            #expect(item.state == .held && item.nextAttempt == nil)
            #expect(item.reason?.code == "other_account")
            #expect(item.reason?.message.contains("before") == true)
        }
        #expect(try temporary.item(writes[4]).reason?.code == "ambiguous")
        #expect(try starts.map { try temporary.item($0).reason?.code } == ["other_account", "copied"])
        #expect(try temporary.states(writes[4], writes[5], cancelled) == [.held, .delivered, .cancelled])
        #expect(try store.adopt(server: "https://c", account: ann, key: nil).held == 0)
        #expect(try store.owner() == StoreOwner(server: "https://c", account: ann, keyCount: 0, adoptions: 2))
    }
}
