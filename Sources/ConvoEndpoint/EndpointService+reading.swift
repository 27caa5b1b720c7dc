import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoStore
import ConvoSync

/// Reads: from the store where it has what is asked for, otherwise from the server through the store.
extension EndpointService {
    /// The largest page; a larger one is cut.
    private static let pageLimit = 1000

    func list(_ query: ListQuery, by call: EndpointCall) async throws(ServiceError) -> Payload {
        try EndpointService.check(query)
        let parts = try parts()
        var readAt: Timestamp?
        do throws(StoreError) {
            let hasSwept = try parts.store.servingFacts().hasSwept
            let asksServer = call.asksServer || !hasSwept
            if asksServer {
                let report = await parts.engine.pull(call.asksServer ? .firstPage : .full)
                if report.halt == nil { readAt = parts.engine.now }
            }
            let version = parts.ready.version()
            let facts = try parts.store.servingFacts()
            let freshness = FreshnessHeaders(
                lastPull: facts.lastPull, readAt: readAt, isOutdated: call.asksServer && readAt == nil,
                pending: facts.pending)
            call.add(freshness.fields(at: parts.engine.now))
            let body = JSONText.array(try EndpointService.page(query, of: parts.store))
            if !asksServer {
                parts.ready.keep(ReadyAnswers.Answer(body, freshness), to: call.target, asOf: version)
            }
            return .json(body)
        } catch {
            throw ServiceError(error)
        }
    }

    private static func page(_ query: ListQuery, of store: Store) throws(StoreError) -> [JSONText] {
        let size = min(query.pageSize, pageLimit)
        let (offset, isOver) = query.page.multipliedReportingOverflow(by: size)
        guard !isOver else { return [] }
        guard let filter = query.metadata else {
            return try store.servedConversations(limit: size, offset: offset).map(\.object)
        }
        var (found, skipped, place): ([JSONText], Int, Int) = ([], 0, 0)
        while true {
            let batch = try store.servedConversations(limit: 500, offset: place)
            place += batch.count
            for object in batch.map(\.object) where object.matches(filter) {
                guard skipped == offset else {
                    skipped += 1
                    continue
                }
                found.append(object)
                if found.count == size { return found }
            }
            if batch.isEmpty { return found }
        }
    }

    func get(_ id: RemoteID, by call: EndpointCall) async throws(ServiceError) -> JSONText {
        try await body(of: id, call, withHistory: false) { $0.conversation.object }
    }

    func getHistory(of id: RemoteID, by call: EndpointCall) async throws(ServiceError) -> Payload {
        .json(
            try await body(of: id, call, withHistory: true) { found in
                .object([
                    "conversation_id": .string(id.rawValue), "entries": .array(found.entries),
                    "object": .string("conversation.history"),
                ])
            })
    }

    func getMessages(of id: RemoteID, by call: EndpointCall) async throws(ServiceError) -> Payload {
        .json(
            try await body(of: id, call, withHistory: true) { found in
                let types: Set<EntryType> = [.messageInput, .messageOutput]
                return .object([
                    "conversation_id": .string(id.rawValue),
                    "messages": .array(found.entries.filter { types.contains(Entry(raw: $0).type) }),
                    "object": .string("conversation.messages"),
                ])
            })
    }

    /// Makes an answer about a conversation, and keeps it for the next request if the store alone has given it.
    private func body(
        of id: RemoteID, _ call: EndpointCall, withHistory: Bool, _ make: (FoundConversation) -> JSONText
    ) async throws(ServiceError) -> JSONText {
        let parts = try parts()
        let version = parts.ready.version()
        let found = try await conversation(id, call, withHistory: withHistory)
        let body = make(found)
        if !found.wasAsked {
            parts.ready.keep(ReadyAnswers.Answer(body, found.freshness), to: call.target, asOf: version)
        }
        return body
    }

    /// Finds a conversation; asks the server where the store does not hold it, or not its whole history, or the client says so.
    ///
    /// - Parameters:
    ///   - id: the conversation's id, on the server or here.
    ///   - call: the request.
    ///   - withHistory: whether the entries are asked for.
    /// - Returns: the conversation.
    /// - Throws: ``ServiceError``: the server's own, if it was asked; 404 for one that is deleted.
    func conversation(
        _ id: RemoteID, _ call: EndpointCall, withHistory: Bool
    ) async throws(ServiceError) -> FoundConversation {
        let parts = try parts()
        var state = try EndpointService.state(of: id, in: parts.store, withHistory)
        var (readAt, wasAsked): (Timestamp?, Bool) = (nil, false)
        let held = state.conversation
        if let remoteID = held?.remoteID ?? (held == nil ? id : nil), held?.hasQueuedDeletion != true,
            call.asksServer
                || held.map({ $0.isOnlyHere || $0.isGone || (withHistory && !$0.isWhole) || $0.raw == nil }) ?? true
        {
            wasAsked = true
            let wasOffline = parts.engine.outage != nil
            do throws(SyncFailure) {
                if withHistory {
                    try await parts.engine.refresh(remoteID)
                } else {
                    try await parts.engine.refreshDescription(remoteID)
                }
                readAt = parts.engine.now
                if wasOffline { parts.wake() }  // what is queued may go
            } catch {
                // What is held is better than nothing, unless the server says that there is nothing, or was to be asked.
                let answer = error.apiError?.answer
                let isFinal = answer.map { $0.status == 404 || call.asksServer } ?? false
                guard let held, !held.isOnlyHere, !held.isGone, !isFinal else { throw ServiceError(error) }
            }
            state = try EndpointService.state(of: id, in: parts.store, withHistory)
        }
        guard let found = state.conversation, !found.isGone, !found.isOnlyHere else { throw .noConversation }
        let freshness = FreshnessHeaders(
            lastPull: state.lastPull, readAt: readAt, isOutdated: call.asksServer && readAt == nil,
            pending: found.pendingCount)
        call.add(freshness.fields(at: parts.engine.now))
        return FoundConversation(
            conversation: found, history: state.history, freshness: freshness, wasAsked: wasAsked)
    }

    private static func state(
        of id: RemoteID, in store: Store, _ withHistory: Bool
    ) throws(ServiceError) -> ServedState {
        do throws(StoreError) { return try store.served(id.rawValue, withHistory: withHistory) } catch {
            throw ServiceError(error)
        }
    }

    private static func check(_ query: ListQuery) throws(ServiceError) {
        for (name, value, least) in [("page", query.page, 0), ("page_size", query.pageSize, 1)] where value < least {
            throw .validation([
                ValidationIssue(
                    "greater_than_equal", at: ["query", .name(name)],
                    "Input should be greater than or equal to \(least)", input: .string(String(value)),
                    context: .object([("ge", .int(least))]))
            ])
        }
    }
}

/// A conversation, as the client of a read is told of it.
struct FoundConversation {
    let conversation: ServedConversation
    fileprivate let history: ServedHistory?
    fileprivate let freshness: FreshnessHeaders
    /// Whether the server was asked, with or without success.
    fileprivate let wasAsked: Bool

    /// The entries, and behind them those of writes that were accepted and not sent yet.
    fileprivate var entries: [JSONText] {
        guard let history else { return [] }
        return history.entries + history.unsettled.flatMap { $0.inputEntries(besides: history.entries) }
    }
}

extension ServedConversation {
    /// The conversation's object: the server's, or one that is made of the request that starts it.
    var object: JSONText {
        if let raw { return raw }
        let names = [
            "name", "description", "instructions", "tools", "completion_args", "metadata", "model", "agent_id",
            "agent_version",
        ]
        return .object(
            [
                ("object", .string("conversation")), ("id", .string(remoteID?.rawValue ?? id.rawValue)),
                ("created_at", .string(createdAt)), ("updated_at", .string(createdAt)),
            ] + names.map { name in (name, start?[name] ?? known.first { $0.name == name }?.value) })
    }
}

extension JSONText {
    /// Whether the object's `metadata` has every member of the filter, with an equal value.
    fileprivate func matches(_ filter: JSONText) -> Bool {
        let metadata = self["metadata"]
        return filter.members.allSatisfy { member in
            metadata?[member.key].map { RequestIdentity.canonical($0) == RequestIdentity.canonical(member.value) }
                ?? false
        }
    }
}

extension OutboxItem {
    /// The write's inputs, unless they are among the entries already, because the engine has read the history meanwhile.
    func inputEntries(besides entries: [JSONText]) -> [JSONText] {
        let inputs = inputEntries
        guard state != .queued, let first = inputs.first else { return inputs }
        let base = (base.map(\.entryID) ?? seenEntryID).flatMap { id in
            entries.lastIndex { $0["id"]?.string == id.rawValue }
        }
        let behind = base.map { entries[$0...].dropFirst() } ?? entries[...]
        return behind.contains { OutboxItem.said($0) == OutboxItem.said(first) } ? [] : inputs
    }

    /// What an input says.
    private static func said(_ entry: JSONText) -> [String?] {
        [entry["type"]?.string] + ["content", "result"].map { name in entry[name].map(RequestIdentity.canonical) }
    }

    /// The write's inputs as a history will list them, under ids that the endpoint makes.
    var inputEntries: [JSONText] {
        guard let inputs = try? Inputs(json: inputs) else { return [] }
        return inputs.asEntries.enumerated().map { number, entry in
            let type = entry["type"]?.string ?? EntryType.messageInput.rawValue
            let head: [(String, JSONText?)] = [
                ("object", .string("entry")), ("type", .string(type)), ("created_at", .string(createdAt.text)),
                ("completed_at", .null), ("id", entry["id"] ?? .string("local_\(id)_\(number)")),
            ]
            let taken = Set(head.map(\.0))
            let rest = entry.members.filter { !taken.contains($0.key) }.map { ($0.key, Optional($0.value)) }
            let prefix: [(String, JSONText?)] =
                type == EntryType.messageInput.rawValue && entry["prefix"] == nil ? [("prefix", .bool(false))] : []
            return .object(head + rest + prefix)
        }
    }
}
