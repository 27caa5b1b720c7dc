import ConvoAPI
import ConvoJSON
import ConvoModel
import SeededRandom

/// The way of one request between our client and the servers, and its outcome as the client sees it.
extension SimulatedWorld {
    /// The outcome as the client sees it: a read that failed has changed nothing, whatever happened to its answer.
    func seen(
        by request: SimulatedRequest, _ outcome: (VirtualInstant, Result<APIAnswer, APIError>)
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        guard !request.isWrite else { return outcome }
        let result = outcome.1.mapError { error in
            APIError(
                error.kind, effect: .none, message: error.message, serverCode: error.serverCode,
                retryAfter: error.retryAfter)
        }
        return (outcome.0, result)
    }

    mutating func outcome(
        of request: SimulatedRequest, call: Int, fault: ExchangeFault?, as tenant: Tenant?
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        switch fault {
        case .unreachable(let lasts): unreachableUntil = max(unreachableUntil, now + lasts)
        case .unauthorized(let lasts): unauthorizedUntil = max(unauthorizedUntil, now + lasts)
        case .noRoute(let lasts): noRouteUntil = max(noRouteUntil, now + lasts)
        case .portal(let answer, let reach, let lasts): portal = (answer, reach, now + lasts)
        case .staleReads(let reads, let age, let lasts): stale = (reads, age, now + lasts)
        default: break
        }
        if now < unreachableUntil { return soon(.init(.unreachable, effect: .none, message: "no connection")) }
        if let portal, now < portal.until, portal.reach == .everything || request.isWrite {
            return soon(.of(portal.answer))
        }
        if now < noRouteUntil {
            return soon(.init(.noRoute, effect: .none, message: "no Route matched with those values"))
        }
        guard let tenant else { return soon(.init(.status(401), effect: .none, message: "Unauthorized")) }
        if now < unauthorizedUntil { return soon(.init(.status(401), effect: .none, message: "Invalid API Key")) }
        let cause = Cause.client(call: call)
        switch fault {
        case .requestLost(let broken):
            return (now + broken, .failure(.brokenConnection))
        case .requestLate(let broken, let arrives) where tenant == .ours:
            enter(.arrival(request, cause: cause), at: now + arrives)
            return (now + broken, .failure(.brokenConnection))
        case .rateLimited(let retryAfter):
            return soon(.init(.status(429), effect: .none, message: "Rate limit exceeded", retryAfter: retryAfter))
        case .errorBefore(let status):
            return soon(.failing(status))
        case .notInPlan where request.isTurn:
            return soon(.init(.notInPlan, effect: .none, message: "the model is not in the workspace's plan"))
        case .agentGone:
            guard case .append = request else { break }
            return soon(.init(.status(404), effect: .none, message: "Agent not found", serverCode: "3000"))
        default: break
        }
        if case .whoAmI = request { return soon(whoAmI(tenant)) }
        return tenant == .ours
            ? handledByOurs(request, call: call, fault: fault) : handledByAnother(request, call: call, tenant: tenant)
    }

    /// How far the state that the request is shown lags behind.
    func lag(of request: SimulatedRequest) -> Duration {
        stale.map { now < $0.until && $0.reads.includes(request) ? $0.by : .zero } ?? .zero
    }

    private mutating func handledByOurs(
        _ request: SimulatedRequest, call: Int, fault: ExchangeFault?
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        if case .history(let id) = request, server.oversized(id) {
            return soon(.init(.answerTooLarge(limit: 1 << 26), effect: .none, message: "the answer is over its limit"))
        }
        if case .history(let id) = request, server.oddities.filtered.contains(id) {
            return soon(.init(.notTheAPI(status: 403), effect: .none, message: "a page of a filter"))
        }
        var lasts: Duration?
        switch fault {
        case .slowRun(let takes, _), .runRefused(let takes): lasts = takes
        default: break
        }
        let handling = server.handle(
            request, at: now, cause: .client(call: call), lasting: lasts, seenAs: lag(of: request))
        return handled(handling, call: call, fault: fault)
    }

    /// Has the neighbour's account, or the other server, answer the request.
    private mutating func handledByAnother(
        _ request: SimulatedRequest, call: Int, tenant: Tenant
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        let isForeign = request.conversation.map { server.conversation($0) != nil } ?? false
        if isForeign, tenant == .neighbour, access.foreignView == .forbidden {
            return soon(.init(.status(403), effect: .none, message: "Not allowed"))
        }
        let cause = Cause.client(call: call)
        let handling =
            tenant == .neighbour
            ? neighbour.handle(request, at: now, cause: cause) : elsewhere.handle(request, at: now, cause: cause)
        return (handling.answersAt, handling.result.mapError(APIError.init))
    }

    private func whoAmI(_ tenant: Tenant) -> Result<APIAnswer, APIError> {
        switch access.identity {
        case .told: .success(.object(.object(["id": .string("\(tenant)")])))
        case .notFound: .failure(.init(.status(404), effect: .none, message: "Not Found"))
        case .forbidden: .failure(.init(.status(403), effect: .none, message: "Not allowed"))
        case .unauthorized: .failure(.init(.status(401), effect: .none, message: "Unauthorized"))
        }
    }

    /// The outcome, as the client sees it, of a request that our server has handled.
    private mutating func handled(
        _ handling: Handling, call: Int, fault: ExchangeFault?
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        if let run = handling.run { inFlight[call] = run }
        switch fault {
        case .answerLost(let broken, let lockHolds):
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: lockHolds) }
            return (now + broken, .failure(.brokenConnection))
        case .slowRun(_, let broken) where handling.run != nil:
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: .zero) }
            return (now + broken, .failure(.brokenConnection))
        case .runRefused where handling.run != nil:
            if let run = handling.run { server.refuse(run: run) }
            let refusal = APIError(.status(429), effect: .none, message: "Service tier capacity exceeded")
            return (handling.answersAt, .failure(refusal))
        case .lateCommit(let broken, let delay):
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: delay, locksOnFor: .zero) }
            return (now + broken, .failure(.brokenConnection))
        case .answerLate(let delay):
            return (handling.answersAt + delay, handling.result.mapError(APIError.init))
        case .resetInStream:
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: .seconds(5)) }
            let middle = VirtualInstant(microseconds: (now.microseconds + handling.answersAt.microseconds) / 2)
            return (middle, .failure(APIError(.truncatedStream, effect: .unknown, message: "the answer was cut off")))
        case .malformed:
            return (
                handling.answersAt, .failure(APIError(.notTheAPI(status: 200), effect: .unknown, message: "not JSON"))
            )
        case .foreignAnswer(let answer):
            return (handling.answersAt, .failure(.of(answer)))
        case .errorAfter(let status):
            return (handling.answersAt, .failure(.failing(status)))
        default:
            return (handling.answersAt, handling.result.mapError(APIError.init))
        }
    }

    private mutating func soon(_ error: APIError) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        soon(.failure(error))
    }

    private mutating func soon(
        _ result: Result<APIAnswer, APIError>
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        (now + random.duration(in: SimulatedServer.readLatency), result)
    }
}
