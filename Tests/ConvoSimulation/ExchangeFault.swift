package import SeededRandom

/// A fault of one request.
package enum ExchangeFault: Hashable, Sendable {
    /// The connection was made, but the request never arrived.
    case requestLost(brokenAfter: Duration)
    /// The connection broke, but the request reached the server later.
    case requestLate(brokenAfter: Duration, arrivesAfter: Duration)
    /// The server carries the request out, but the connection breaks before or after the commit, and the conversation
    /// stays locked for a while.
    case answerLost(brokenAfter: Duration, lockHolds: Duration)
    /// As ``answerLost(brokenAfter:lockHolds:)``, but the turn is committed later by the given span.
    case lateCommit(brokenAfter: Duration, by: Duration)
    /// The whole answer comes, late.
    case answerLate(by: Duration)
    /// The stream, or the body, ends in the middle.
    case resetInStream
    /// The server carries the request out, but something between us and the server replaces the answer by a body that
    /// is not JSON.
    case malformed
    case rateLimited(retryAfter: Duration?)
    /// The API (500, 503) or the gateway (502, 504) fails, and nothing comes of the request.
    case errorBefore(status: Int)
    /// The API (500, 503) or the gateway (502, 504) says that it has failed although the server carries the request out.
    case errorAfter(status: Int)
    /// The server refuses the key for a while.
    case unauthorized(lasts: Duration)
    /// No connection can be made for a while.
    case unreachable(lasts: Duration)
    /// Something other than the API answers for a while, and those requests do not arrive.
    case portal(ForeignAnswer, to: Reach, lasts: Duration)
    /// Something other than the API answers although the server carries the request out.
    case foreignAnswer(ForeignAnswer)
    /// The gateway knows no such path for a while.
    case noRoute(lasts: Duration)
    /// A turn is refused: the model is not in the workspace's plan.
    case notInPlan
    /// An append is refused with 404, because its conversation's agent is gone.
    case agentGone
    /// A turn takes as long as given; the connection breaks before.
    case slowRun(takes: Duration, brokenAfter: Duration)
    /// The server refuses a turn with 429 when its run ends, and keeps nothing of it.
    case runRefused(takes: Duration)
    /// Reads are answered from an older state for a while.
    case staleReads(StaleReads, by: Duration, lasts: Duration)

    /// The names of all kinds, for counts of injected faults.
    package static let names =
        drawnNames + [
            "portal", "foreignAnswer", "noRoute", "notInPlan", "agentGone", "slowRun", "staleReads", "runRefused",
        ]
    /// The names of the kinds that ``drawn(from:)`` returns.
    package static let drawnNames = [
        "requestLost", "requestLate", "answerLost", "lateCommit", "answerLate", "resetInStream", "malformed",
        "rateLimited", "errorBefore", "errorAfter", "unauthorized", "unreachable",
    ]

    package var name: String {
        // A case with values is a tuple to its mirror, with the case's name as label.
        Mirror(reflecting: self).children.first?.label ?? "\(self)"
    }

    /// Draws one of the first twelve kinds; its commit surfaces within ``ServerSwitches/usualLockLimit`` of the break.
    package static func drawn(from random: inout SplitMix64) -> ExchangeFault {
        let soon = Duration.milliseconds(10)...Duration.seconds(12)
        let late = Duration.seconds(1)...Duration.seconds(70)
        switch random.int(in: 0...11) {
        case 0: return .requestLost(brokenAfter: random.duration(in: soon))
        case 1:
            return .requestLate(brokenAfter: random.duration(in: soon), arrivesAfter: random.duration(in: late))
        case 2:
            return .answerLost(
                brokenAfter: random.duration(in: soon), lockHolds: random.duration(in: .zero...lockLimit))
        case 3: return .lateCommit(brokenAfter: random.duration(in: soon), by: random.duration(in: late))
        case 4: return .answerLate(by: random.duration(in: late))
        case 5: return .resetInStream
        case 6: return .malformed
        case 7: return .rateLimited(retryAfter: random.chance(perMille: 500) ? random.duration(in: late) : nil)
        case 8: return .errorBefore(status: random.element(of: [500, 502, 503, 504]) ?? 503)
        case 9: return .errorAfter(status: random.element(of: [500, 502, 503, 504]) ?? 503)
        case 10: return .unauthorized(lasts: random.duration(in: late))
        default: return .unreachable(lasts: random.duration(in: .seconds(1)...Duration.seconds(600)))
        }
    }

    private static let lockLimit = ServerSwitches.usualLockLimit
}
