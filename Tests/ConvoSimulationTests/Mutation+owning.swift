import ConvoAPI
import ConvoModel
import ConvoSimulation
import ConvoStore

@testable import ConvoSync

/// Mistakes about the account that a database belongs to, and about copies of it.
extension Mutation {
    static let owning: [Mutation] = [
        Mutation("does not ask whose key it is", breaks: [.wrongAccount], needs: [.foreignAccess]).with {
            $0.verifiesNothing()
        },
        Mutation(
            "goes on after the database was given to another account", breaks: [.wrongAccount], needs: [.adoption]
        ).with {
            $0.verifiesNothing()
        },
        .pull(
            "stores what it has read for whomever the database is now", breaks: [.wrongAccount], needs: [.givenAway]
        ) { step, engine in
            guard case .fetch(let stale) = step, let history = try? await engine.api.getHistory(of: stale.remoteID)
            else { return nil }
            return .fetched(FetchedHistory(history, version: stale.version))
        },
        Mutation("takes another server for its own", breaks: [.wrongAccount], needs: [.foreignAccess]).with {
            $0.connection = { Connection(api: $0.api, server: AccessPlan.server, key: $0.key) }
        },
        Mutation(
            "keeps the key that it was started with", breaks: [.restless, .falseState, .mirrorDiffers],
            needs: [.rotatedKeys]
        ).with {
            $0.rereadsAccess = false
        },
        Mutation("does not notice that it is a copy", breaks: [.blindResend, .repeatedWrite], needs: [.copies]).with {
            $0.noticesCopies = false
        },
        Mutation(
            "sends again from a copy without a search", breaks: [.blindResend, .repeatedWrite], needs: [.copies]
        ).with {
            $0.limits = { $0.surfacing = .zero }
            $0.push = { step, engine in
                guard case .confirm(let item) = step, item.reason?.code == "copied" else { return nil }
                return .confirmed(.absent, readSince: engine.clock.uptime)
            }
        },
    ]
}

extension Mutation {
    /// Has the engine record the database's first owner, and accept every account after that.
    fileprivate mutating func verifiesNothing() {
        pull = { step, engine in
            guard case .verify = step else { return await engine.pullExecutor.perform(step) }
            return engine.isOwned ? .verified : nil
        }
        push = { step, engine in
            guard case .verify = step else { return await engine.pushExecutor.perform(step) }
            return engine.isOwned ? .verified : nil
        }
    }
}

extension MutantEngine {
    fileprivate var isOwned: Bool { (try? store.owner().server) != nil }
}
