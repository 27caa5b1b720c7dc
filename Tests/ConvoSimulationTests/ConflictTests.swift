import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import Foundation
import Synchronization
import TestFolders
import Testing

/// Queue two messages offline, let a second writer be faster, push.
@Suite struct `An append that another writer has overtaken` {
    private struct TestEngine {
        let world = SharedWorld(SimulatedWorld(seed: 7))
        let store: Store
        let engine: SyncEngine
        let other: SimulatedClient

        init(policy: ConflictPolicy) throws {
            let folder = try TemporaryFolder()
            let world = world
            store = try Store(
                path: folder.file("convo.db"),
                environment: StoreDependencies(
                    now: { Timestamp(microseconds: world.clientClock.microseconds) },
                    uptime: { world.clientUptime },
                    randomBits: { withExtendedLifetime(folder) { UInt64.random(in: .min ... .max) } }))
            var limits = SyncLimits()
            limits.conflictPolicy = policy
            let client = SimulatedClient(world, pace: Striding(world))
            engine = SyncEngine(store: store, clock: WorldClock(world: world), limits: limits) {
                Connection(api: client, server: Simulation.server, key: nil)
            }
            other = SimulatedClient(world, pace: Striding(world), sender: 1)
        }

        /// Queues two messages to a conversation on the server, has another writer append to it first, and pushes.
        func overtaken() async throws -> LocalID {
            let id = try await begun()
            try await overtake(["mine", "mine too"], in: id)
            return id
        }

        /// Starts a conversation on the server.
        func begun(policy: ConflictPolicy? = nil) async throws -> LocalID {
            let id = try store.start(StartRequest("hello")).conversation
            if let policy { try store.setConflictPolicy(policy, of: id) }
            _ = try await engine.push(.once)
            return id
        }

        /// Queues messages to the conversation, has another writer append to it first, and pushes.
        func overtake(_ texts: [String], in id: LocalID) async throws {
            for text in texts { _ = try store.append(AppendRequest(inputs: .text(text)), to: id) }
            let remoteID = try #require(try store.conversation(matching: id.rawValue).remoteID)
            _ = try await other.append(AppendRequest(inputs: .text("theirs")), to: remoteID)
            _ = try await engine.push(.once)
        }

        func said(in id: LocalID) throws -> [String] {
            try store.history(of: id).entries.filter { $0.entry.type == .messageInput }
                .compactMap { $0.entry.raw["content"]?.string }
        }
    }

    private struct WorldClock: SyncClock {
        let world: SharedWorld
        var now: Timestamp { Timestamp(microseconds: world.clientClock.microseconds) }
        var uptime: Uptime { world.clientUptime }
        func sleep(until moment: Timestamp) async throws {
            world.state.withLock { $0.advance(to: $0.now + .microseconds(moment.microseconds - now.microseconds)) }
        }
    }

    @Test func `goes behind what the other one wrote, where the policy is append`() async throws {
        let test = try TestEngine(policy: .append)
        let id = try await test.overtaken()
        #expect(try test.said(in: id) == ["hello", "theirs", "mine", "mine too"])
        #expect(try test.store.outbox().isEmpty)
    }

    @Test func `becomes a branch from what its writer had seen, where the policy is branch`() async throws {
        let test = try TestEngine(policy: .branch)
        let id = try await test.overtaken()
        #expect(try test.said(in: id) == ["hello", "theirs"])
        let branch = try #require(try test.store.tree(of: id).branches.first?.conversation)
        #expect(branch.parent?.isInferred == false)
        #expect(Array(try test.said(in: branch.id).suffix(2)) == ["mine", "mine too"])
        #expect(try !test.said(in: branch.id).contains("theirs"))
        #expect(try test.store.outbox().isEmpty)
    }

    @Test func `waits for the person, where the policy is hold; and goes on when told to`() async throws {
        let test = try TestEngine(policy: .hold)
        let id = try await test.overtaken()
        #expect(try test.said(in: id) == ["hello", "theirs"])
        let waiting = try test.store.outbox()
        #expect(waiting.map(\.state) == [.held, .held])
        #expect(waiting.first?.reason?.code == "overtaken")
        try test.store.retry(try #require(waiting.first?.id))
        _ = try await test.engine.push(.once)
        #expect(try test.said(in: id).prefix(3) == ["hello", "theirs", "mine"])
    }

    @Test func `follows its conversation's own policy before the configuration's`() async throws {
        let test = try TestEngine(policy: .hold)
        let id = try await test.begun(policy: .append)
        try await test.overtake(["mine"], in: id)
        #expect(try test.said(in: id) == ["hello", "theirs", "mine"])
    }

    @Test func `is no conflict where only our own earlier write moved the conversation on`() async throws {
        let test = try TestEngine(policy: .hold)
        let id = try await test.begun()
        for text in ["one", "two", "three"] { _ = try test.store.append(AppendRequest(inputs: .text(text)), to: id) }
        _ = try await test.engine.push(.once)
        #expect(try test.said(in: id) == ["hello", "one", "two", "three"])
    }
}
