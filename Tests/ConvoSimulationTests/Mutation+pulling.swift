import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation

@testable import ConvoStore
@testable import ConvoSync

/// Mistakes in pulling, and in waiting.
extension Mutation {
    static let pulling: [Mutation] = [
        .pull("takes what a sweep did not see for deleted", breaks: [.falseDeletion]) { step, engine in
            guard case .probe(let id) = step else { return nil }
            try? engine.store.markDeletedRemotely([id])
            return .probed(isGone: true)
        },
        .pull("throws away what the server has deleted", breaks: [.forgotten]) { step, engine in
            guard case .probe(let id) = step, let known = try? engine.store.conversation(matching: id.rawValue)
            else { return nil }
            do {
                _ = try await engine.api.get(id)
                return nil
            } catch {
                if (error as? APIError)?.isNotFound == true { _ = try? engine.store.delete(known.id, .local) }
                return .probed(isGone: false)
            }
        },
        .pull("moves the cursor past what it has not read", breaks: [.mirrorDiffers]) { step, engine in
            guard case .fetch(let stale) = step,
                case .failed(let failure) = await engine.pullExecutor.perform(step), !failure.isNotFound,
                let held = try? engine.store.history(of: stale.id).entries
            else { return nil }
            return history(of: stale.remoteID, held.map(\.entry.raw), stale.version)
        },
        .pull("reads the first page only", breaks: [.mirrorDiffers]) { step, _ in
            guard case .list(let page, _) = step, page > 0 else { return nil }
            return .listed(IngestedPage(items: []))
        },
        .pull("takes a page that it knows for unchanged", breaks: [.mirrorDiffers]) { step, engine in
            guard case .list(let page, let size) = step else { return nil }
            let known = try? engine.store.cachedPage(at: PageKey(page: page, size: size))
            return known.flatMap(\.self).map { .listed(IngestedPage(same: $0)) }
        },
        .pull("never fetches a history twice", breaks: [.mirrorDiffers]) { step, engine in
            guard case .fetch(let stale) = step,
                let held = try? engine.store.historyVersion(of: stale.id), !held.isEmpty
            else { return nil }
            return history(of: RemoteID("conv_nowhere"), [], stale.version)
        },
        .pull("never looks for what is missing", breaks: [.mirrorDiffers]) { step, _ in
            if case .findMirrored = step { .mirrored([]) } else { nil }
        },
        .pull("marks what is gone, pull by pull", breaks: [.falseDeletion], needs: [.disappearance]) { step, engine in
            guard case .countDeletions = step, let census = try? engine.store.deletionCensus() else { return nil }
            return .counted(DeletionCensus(mirrored: census.mirrored))
        },
        Mutation("does not back off", breaks: [.impatient]).with {
            $0.limits = { $0.backoff = Backoff(initial: .milliseconds(1), limit: .milliseconds(1)) }
        },
        Mutation("lets pull and push each find out by itself that nothing works", breaks: [.impatient]).with {
            $0.sharesOutages = false
        },
        Mutation("asks for more than a page may hold", breaks: [.malformedRequest]).with {
            $0.limits = { $0.pageSize = 500 }
        },
        .pull(
            "lets one history that cannot be read end the pull", breaks: [.mirrorDiffers], needs: [.oversizedHistories]
        ) { step, engine in
            guard case .fetch = step, case .failed(let failure) = await engine.pullExecutor.perform(step),
                failure.isUnreadable
            else { return nil }
            return .failed(.cancelled)
        },
        Mutation("drops at once what one history leaves out", breaks: [.falseDrop], needs: [.staleReads]).with {
            $0.environment = { $0.believesEachHistory = true }
        },
        Mutation(
            "takes what the model says before it uses a tool for its answer", breaks: [.mirrorDiffers],
            needs: [.announcements]
        ).with {
            $0.environment = { $0.believesFirstMessages = true }
        },
        Mutation("waits for as long as the server asks", breaks: [.late], needs: [.longRetryAfter]).with {
            $0.limits = { $0.patience = .seconds(3600) }
        },
        Mutation("tries with a turn whether the server is there again", breaks: [.costlyProbe]).with {
            $0.probesWithReads = false
        },
    ]

    private static func history(of id: RemoteID, _ entries: [JSONText], _ version: String) -> PullMachine.Outcome? {
        let raw = JSONText.object([("conversation_id", .string(id.rawValue)), ("entries", .array(entries))])
        return (try? ConversationHistory(raw: raw)).map { .fetched(FetchedHistory($0, version: version)) }
    }
}
