package import SeededRandom

/// What goes wrong with one request.
package enum Fault: Hashable, Sendable {
    /// The connection was made, the request never arrived.
    case requestLost(brokenAfter: Duration)
    /// The connection broke; what was sent reached the server later all the same.
    case requestLate(brokenAfter: Duration, arrivesAfter: Duration)
    /// The server did it; the connection broke, before or after the commit. A gone client's lock holds on.
    case answerLost(brokenAfter: Duration, lockHolds: Duration)
    /// As ``answerLost(brokenAfter:lockHolds:)``, and the turn is committed that much later.
    case lateCommit(brokenAfter: Duration, by: Duration)
    /// The whole answer comes, late.
    case answerLate(by: Duration)
    /// The stream, or the body, ends in the middle.
    case resetInStream
    /// A body that is no JSON, from something between us and the server, after the server did it.
    case malformed
    case rateLimited(retryAfter: Duration?)
    /// A 5xx from the gateway, which never passed the request on.
    case errorBefore(status: Int)
    /// A 5xx from the gateway, though the server did it.
    case errorAfter(status: Int)
    /// The key is refused for a while.
    case unauthorized(lasts: Duration)
    /// No connection can be made for a while.
    case unreachable(lasts: Duration)
    /// Something else answers for a while, and no request arrives.
    case portal(ForeignAnswer, to: Reach, lasts: Duration)
    /// Something else answers though the server did it.
    case foreignAnswer(ForeignAnswer)
    /// The gateway knows no such path for a while.
    case noRoute(lasts: Duration)
    /// A turn is refused: the model is not in the workspace's plan.
    case notInPlan
    /// An append is refused with 404, because its conversation's agent is gone.
    case agentGone
    /// A turn takes so long; the connection breaks early.
    case slowRun(takes: Duration, brokenAfter: Duration)
    /// Reads are answered from a state that old, for a while.
    case staleReads(StaleReads, by: Duration, lasts: Duration)

    /// The kinds' names, for counting what was injected.
    package static let names =
        drawnNames + ["portal", "foreignAnswer", "noRoute", "notInPlan", "agentGone", "slowRun", "staleReads"]
    /// Those that ``drawn(from:)`` gives.
    package static let drawnNames = [
        "requestLost", "requestLate", "answerLost", "lateCommit", "answerLate", "resetInStream", "malformed",
        "rateLimited", "errorBefore", "errorAfter", "unauthorized", "unreachable",
    ]

    package var name: String {
        switch self {
        case .requestLost: "requestLost"
        case .requestLate: "requestLate"
        case .answerLost: "answerLost"
        case .lateCommit: "lateCommit"
        case .answerLate: "answerLate"
        case .resetInStream: "resetInStream"
        case .malformed: "malformed"
        case .rateLimited: "rateLimited"
        case .errorBefore: "errorBefore"
        case .errorAfter: "errorAfter"
        case .unauthorized: "unauthorized"
        case .unreachable: "unreachable"
        case .portal: "portal"
        case .foreignAnswer: "foreignAnswer"
        case .noRoute: "noRoute"
        case .notInPlan: "notInPlan"
        case .agentGone: "agentGone"
        case .slowRun: "slowRun"
        case .staleReads: "staleReads"
        }
    }

    /// One of the first twelve kinds, with a commit that surfaces within ``ServerSwitches/usualLockLimit`` of the break.
    package static func drawn(from random: inout SplitMix64) -> Fault {
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
