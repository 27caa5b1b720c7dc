import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoStore
import ConvoSync

/// Streams: each event passes as it comes; a stream that breaks is cut, and never ends as if it were whole.
extension EndpointService {
    func startStream(_ body: JSONText, by call: EndpointCall) async throws(ServiceError) -> ServerEvents {
        try await events(of: try await accept(.start, nil, body, call, isStreamed: true), call)
    }

    func appendStream(
        _ body: JSONText, to id: RemoteID, by call: EndpointCall
    ) async throws(ServiceError) -> ServerEvents {
        try await events(of: try await accept(.append, id, body, call, isStreamed: true), call)
    }

    func restartStream(
        _ body: JSONText, of id: RemoteID, by call: EndpointCall
    ) async throws(ServiceError) -> ServerEvents {
        try await events(of: try await accept(.restart, id, body, call, isStreamed: true), call)
    }

    /// Waits until the answer begins, so that a refusal is one, and then passes the events on.
    private func events(
        of write: WaitingWrite, _ call: EndpointCall
    ) async throws(ServiceError) -> ServerEvents {
        var clock = WriteClock(write.parts.engine.now)
        do throws(ServiceError) {
            while true {
                let seen = write.delivery.changed.generation
                // Events that are there come before what is known of the write otherwise.
                let isToldFailed = write.delivery.progress.failure?.answer?.status == 200
                if isToldFailed || !write.delivery.events(after: 0).events.isEmpty { return live(write, call) }
                if let answer = try await answer(to: write, &clock) {
                    defer { write.leave() }
                    // The last events may have come meanwhile; the whole answer has them all.
                    return EndpointService.replay(answer, at: write.parts.engine.now)
                }
                guard await write.waitForNews(after: seen) else { throw .connectionReset }
            }
        } catch {
            write.leave()
            throw error
        }
    }

    private static func replay(_ answer: JSONText, at now: Timestamp) -> ServerEvents {
        let (events, source) = ServerEvents.makeStream()
        for event in OfflineAnswer.events(of: answer, at: now.text) { source.yield(event) }
        source.finish()
        return events
    }

    /// The events as they come. The engine keeps an answer's events until its end in any case, so nothing is lost where the
    /// client is slow, and the engine does not wait for it.
    private func live(_ write: WaitingWrite, _ call: EndpointCall) -> ServerEvents {
        let (events, source) = ServerEvents.makeStream()
        // Ends with the answer, or when nobody reads the stream any more.
        let relay = Task(executorPreference: relaying) {
            defer { write.leave() }
            var count = 0
            let first = write.delivery.events(after: 0).sends
            while !Task.isCancelled {
                let seen = write.delivery.changed.generation
                let (sends, news) = write.delivery.events(after: count)
                // What was sent again has another answer than the one that the client has a part of.
                guard sends == first else { return source.finish(throwing: ServiceError.connectionReset) }
                for event in news {
                    source.yield(ServerEvent(event.type, data: event.raw))
                    if case .responseDone(_) = event.content { return source.finish() }
                }
                count += news.count
                if let failure = write.delivery.progress.failure {
                    call.tellsOnlyAPart()
                    let told = failure.answer.flatMap { $0.status == 200 ? $0.body : nil }
                    if told != nil { await giveUpWhenInDoubt(write) }
                    return EndpointService.cut(source, told)
                }
                guard await write.waitForNews(after: seen) else { break }
            }
            source.finish(throwing: ServiceError.connectionReset)
        }
        source.onTermination = { _ in relay.cancel() }
        return events
    }

    /// Gives up a write whose run the server has said to have failed, once the engine has noted the failure.
    private func giveUpWhenInDoubt(_ write: WaitingWrite) async {
        for _ in 0..<20 {
            let seen = write.delivery.changed.generation
            guard let item = try? write.parts.store.operation(write.id) else { return }
            if item.state == .inDoubt { return _ = try? await giveUp(item, write.parts.store) }
            guard item.state == .sending else { return }
            guard await write.waitForNews(after: seen, atMost: .milliseconds(100)) else { return }
        }
    }

    /// Ends a stream that has broken: with the server's own event that tells so, if there is one, and otherwise in the middle.
    private static func cut(_ source: ServerEvents.Continuation, _ told: [UInt8]?) {
        guard let told, let data = try? JSONText(utf8: told) else {
            return source.finish(throwing: ServiceError.connectionReset)
        }
        source.yield(ServerEvent(data["type"]?.string ?? "conversation.response.error", data: data))
        source.finish()
    }
}
