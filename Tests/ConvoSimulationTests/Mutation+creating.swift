import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation

@testable import ConvoStore
@testable import ConvoSync

/// Mistakes in the search for the conversation that a lost start or restart made, and for a write that a copy of the
/// database may have sent.
extension Mutation {
    static let creating: [Mutation] = [
        .push(
            "does not mind that another start says the same", breaks: [.falseState, .repeatedWrite],
            needs: [.equalStarts]
        ) { step, engine in
            await searched(step, engine, mindsRivals: false)
        },
        .push(
            "takes a conversation for its own that was there before", breaks: [.falseState], needs: [.equalStarts]
        ) { step, engine in
            await searched(step, engine, excludes: false)
        },
        .push(
            "takes a conversation that is gone for one that was never made", breaks: [.repeatedWrite],
            needs: [.equalStarts]
        ) { step, engine in
            await searched(step, engine, mindsGone: false)
        },
        .push(
            "takes a page that cannot be read for the end of the list", breaks: [.repeatedWrite], needs: [.oddPages]
        ) { step, engine in
            await searched(step, engine, reading: { ConversationPage($0.conversations) })
        },
        .push(
            "takes a conversation without times for an old one", breaks: [.repeatedWrite],
            needs: [.oddPages, .equalStarts]
        ) { step, engine in
            await searched(step, engine, dismissing: { page in page.conversations.filter(\.createdAt.isUnknown) })
        },
        .push(
            "dismisses what has no metadata where others have some", breaks: [.repeatedWrite], needs: [.hiddenMetadata]
        ) { step, engine in
            await searched(
                step, engine,
                dismissing: { page in
                    let unnamed = page.conversations.filter { $0.metadata?.members.isEmpty != false }
                    return unnamed.count < page.conversations.count ? unnamed : []
                })
        },
        .push(
            "believes `get` alone that the server hides metadata", breaks: [.falseState], needs: [.hiddenMetadata]
        ) { step, engine in
            await searched(
                step, engine, mindsList: false,
                reading: { page in
                    ConversationPage(
                        page.conversations.map { row in
                            guard row.metadata?[Store.operationKey] != nil else { return row }
                            let raw = row.raw.setting("metadata", to: .object(["another": .string("key")]))
                            return (try? Conversation(raw: raw)) ?? row
                        })
                })
        },
        .push(
            "believes a list of which it has not seen all", breaks: [.repeatedWrite], needs: [.oddPages]
        ) { step, engine in
            await searched(step, engine, mindsUnseen: false)
        },
        .push(
            "keeps the conversation of a try that the server refused", breaks: [.falseState, .mirrorDiffers],
            needs: [.failingRuns]
        ) { step, engine in
            guard case .send(let item, let base) = step, item.kind == .start, let first = item.remoteID else {
                return nil
            }
            return await started(item, base, engine) { _ in first }
        },
        .push(
            "takes any equal text for the append that a copy may have sent", breaks: [.falseState], needs: [.copies]
        ) { step, engine in
            guard case .confirm(let item) = step, item.kind == .append, item.base == nil, let id = item.remoteID,
                case let readSince = engine.clock.uptime, case let request = AppendRequest(json: item.request),
                let history = try? await engine.api.getHistory(of: id)
            else { return nil }
            let match = InputMatch(of: request, in: history.entries, after: nil)
            return match == .present ? .confirmed(.present(nil), readSince: readSince) : nil
        },
    ]

    /// Searches as the engine does, apart from what a mistake leaves out.
    ///
    /// - Returns: `nil` where the engine is to do the right thing.
    private static func searched(
        _ step: PushMachine.Step, _ engine: MutantEngine, mindsRivals: Bool = true, excludes: Bool = true,
        mindsGone: Bool = true, mindsUnseen: Bool = true, mindsList: Bool = true,
        reading: (ConversationPage) -> ConversationPage = { $0 },
        dismissing: (ConversationPage) -> [Conversation] = { _ in [] }
    ) async -> PushMachine.Outcome? {
        guard case .confirm(let item) = step, item.kind == .start || item.kind == .restart,
            (try? engine.store.operation(matching: item.id.rawValue))?.remoteID == nil
        else { return nil }
        let (executor, readSince) = (engine.pushExecutor, engine.clock.uptime)
        do {
            var search = CreationSearch(
                item, hidesMetadata: try await executor.serverHidesMetadata(), limits: engine.limits)
            while true {
                switch search.step {
                case .list(let page):
                    let listed = try await executor.list(page, for: item)
                    let excluded = excludes ? listed.excluded : []
                    search.listed(
                        CreationSearch.Page(
                            content: reading(listed.content),
                            excluded: excluded.union(dismissing(listed.content).map(\.id))))
                case .get(let id):
                    search.got(try await executor.whereThere { try await engine.api.get(id) })
                case .history(let id):
                    search.read(try await executor.whereThere { try await engine.api.getHistory(of: id).entries })
                case .likely(let id) where !mindsRivals || !excludes || !mindsList:
                    return .confirmed(.present(id), readSince: readSince)
                case .unproven where !mindsUnseen: return .confirmed(.absent, readSince: readSince)
                case .absent:
                    let isHeld = try mindsGone && executor.mayBeGone(item, search)
                    return isHeld ? nil : .confirmed(.absent, readSince: readSince)
                default: return nil
                }
            }
        } catch {
            return nil
        }
    }
}
