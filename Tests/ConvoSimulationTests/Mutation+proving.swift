import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation

@testable import ConvoStore
@testable import ConvoSync

/// Mistakes in what the engine concludes from a read: about a write in doubt, and about the mirror.
extension Mutation {
    static let proving: [Mutation] = [
        Mutation(
            "gives a run no more than 100 seconds to surface", breaks: [.blindResend, .repeatedWrite],
            needs: [.slowRuns]
        ).with {
            $0.limits = { $0.surfacing = .seconds(100) }
        },
        .push(
            "takes only the very same bytes for its own", breaks: [.repeatedWrite], needs: [.storedTexts]
        ) { step, engine in
            guard case .confirm(let item) = step, item.kind == .append, let id = item.remoteID,
                case let readSince = engine.clock.uptime, let history = try? await engine.api.getHistory(of: id)
            else { return nil }
            let said = (try? Inputs(json: item.inputs))?.asEntries.compactMap { $0["content"]?.text } ?? []
            let later = history.entries.drop { $0.id != item.base?.entryID }
            let isThere = later.contains { entry in
                said.contains { Array($0.utf8) == Array((entry.raw["content"]?.text ?? "").utf8) }
            }
            return isThere ? nil : .confirmed(.absent, readSince: readSince)
        },
        .push("takes the use of a tool for an answer", breaks: [.falseState], needs: [.failingRuns]) { step, engine in
            guard case .confirm(let item) = step, item.kind == .append, let id = item.remoteID,
                let base = item.base,
                case let readSince = engine.clock.uptime, let history = try? await engine.api.getHistory(of: id),
                history.entries.last?.type == .toolExecution
            else { return nil }
            let match = InputMatch(
                of: AppendRequest(json: item.request), in: history.entries, after: base.entryID)
            return match == .unanswered ? .confirmed(.present(nil), readSince: readSince) : nil
        },
        .push(
            "looks for a lost start on the first page only", breaks: [.repeatedWrite], needs: [.busyAccount]
        ) { step, engine in
            await searched(step, engine, pages: 1)
        },
        .push(
            "takes metadata that the list leaves out for missing", breaks: [.repeatedWrite], needs: [.hiddenMetadata]
        ) { step, engine in
            await searched(step, engine, pages: 100)
        },
        .push("takes any conversation that begins so for its own", breaks: [.falseState]) { step, engine in
            guard case .confirm(let item) = step, item.kind == .start, case let readSince = engine.clock.uptime,
                let said = (try? Inputs(json: item.inputs))?.asEntries.first?["content"]?.text,
                let page = try? await engine.api.list(page: 0, pageSize: 100, metadata: nil)
            else { return nil }
            for conversation in page.conversations {
                guard let history = try? await engine.api.getHistory(of: conversation.id) else { continue }
                if history.entries.first?.raw["content"]?.text == said {
                    return .confirmed(.present(conversation.id), readSince: readSince)
                }
            }
            return nil
        },
        .push(
            "takes a missing agent for a missing conversation", breaks: [.falseDeletion], needs: [.refusedTurns]
        ) { step, engine in
            if case .find = step { return .found(true) }
            guard case .send(let item, _) = step, item.kind == .append, let id = item.remoteID,
                case .failed(let failure) = await engine.pushExecutor.perform(step)
            else { return nil }
            if failure.isNotFound { try? engine.store.markDeletedRemotely([id]) }
            return .failed(failure)
        },
        .push(
            "believes a read that denies a conversation", breaks: [.falseState], needs: [.staleReads]
        ) { step, engine in
            guard case .prepare(let item) = step, let id = item.remoteID else { return nil }
            do throws(APIError) {
                _ = try await engine.api.get(id)
                return nil
            } catch {
                return error.isNotFound ? .found(false) : nil
            }
        },
        .pull(
            "marks however many are gone at once", breaks: [.falseDeletion], needs: [.disappearance]
        ) { step, engine in
            guard case .probe(let id) = step else { return nil }
            do throws(APIError) {
                _ = try await engine.api.get(id)
                return nil
            } catch {
                if error.isNotFound { try? engine.store.markDeletedRemotely([id]) }
                return .probed(isGone: true)
            }
        },
        .pull(
            "ends with the third answer that is not the API's, whatever was asked", breaks: [.mirrorDiffers],
            needs: [.filteredHistories]
        ) { step, _ in
            guard case .askAPI = step else { return nil }
            return .failed(.api(APIError(.notTheAPI(status: 403), effect: .none, message: "a page")))
        },
        .pull("takes each page for a new one", breaks: [.restless], needs: [.ignoredPage]) { step, engine in
            guard case .list(let page, _) = step, case .listed(let intake) = await engine.pullExecutor.perform(step)
            else { return nil }
            let items = Array(repeating: IngestedPage.Change.unchanged, count: intake.items.count)
            let ids = intake.ids + intake.items.indices.map { RemoteID("conv_\(page)_\($0)") }
            return .listed(IngestedPage(items: items, ids: ids, oddCount: intake.oddCount))
        },
        Mutation("takes an older history for the new version", breaks: [.mirrorDiffers], needs: [.staleReads]).with {
            $0.environment = { $0.believesEachHistory = true }
        },
        .pull(
            "fetches what it could not read at each look", breaks: [.wasteful], needs: [.oversizedHistories]
        ) { step, _ in
            if case .setAside = step { .isSetAside } else { nil }
        },
        .pull("takes two spellings for one text", breaks: [.mirrorDiffers], needs: [.spellings]) { step, engine in
            guard case .ingest(let histories) = step else { return nil }
            return await engine.pullExecutor.perform(.ingest(histories.map { respelled($0, as: engine.store) }))
        },
        Mutation("loses a notification that comes while it works", breaks: [.late], needs: [.interruptions]).with {
            $0.keepsNotifications = false
        },
    ]

    /// Looks for a lost start or restart by the list's metadata alone.
    private static func searched(
        _ step: PushMachine.Step, _ engine: MutantEngine, pages: Int
    ) async -> PushMachine.Outcome? {
        guard case .confirm(let item) = step, item.kind == .start || item.kind == .restart else { return nil }
        let readSince = engine.clock.uptime
        for page in 0..<pages {
            guard let listed = try? await engine.api.list(page: page, pageSize: engine.limits.pageSize, metadata: nil)
            else { return nil }
            guard listed.count > 0 else { break }
            if listed.conversations.contains(where: { $0.metadata?[Store.operationKey]?.string == item.id.rawValue }) {
                return nil
            }
        }
        return .confirmed(.absent, readSince: readSince)
    }

    /// The history with the mirror's entries in place of the server's, where Swift's `==` takes them for equal.
    private static func respelled(_ intake: FetchedHistory, as store: Store) -> FetchedHistory {
        let id = intake.history.conversationID
        guard let known = try? store.conversation(matching: id.rawValue),
            let held = try? store.history(of: known.id).entries.map(\.entry)
        else { return intake }
        let entries = intake.history.entries.map { entry in
            held.first { $0.id == entry.id && $0.raw.text == entry.raw.text }?.raw ?? entry.raw
        }
        let raw = JSONText.object([("conversation_id", .string(id.rawValue)), ("entries", .array(entries))])
        let history = try? ConversationHistory(raw: raw)
        return history.map { FetchedHistory($0, version: intake.version) } ?? intake
    }
}
