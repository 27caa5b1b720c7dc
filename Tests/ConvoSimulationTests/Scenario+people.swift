import ConvoModel
import ConvoSimulation
import SeededRandom

/// The draws of what people and programs do while the engine works.
extension Scenario {
    /// Adds decisions about held writes; the engine holds a lost write after fourteen minutes.
    mutating func drawHeldDecisions(_ random: inout SplitMix64, _ span: Duration) {
        steps += (0..<random.int(in: 4...10)).map { _ in
            let moment = VirtualInstant.start + random.duration(in: span...span + .seconds(2400))
            let decision = random.element(of: Decision.allCases) ?? .retry
            return Step(at: moment, action: .decide(nth: random.int(in: 0...1000), decision))
        }
        faults.add(drawnFrom: &random, perMille: 150, requests: 250) { random in
            .answerLost(
                brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(5)),
                lockHolds: random.duration(in: .zero...Duration.seconds(60)))
        }
    }

    mutating func drawAsides(_ random: inout SplitMix64, _ span: Duration) {
        for _ in 0..<random.int(in: 2...5) {
            let nth = random.int(in: 0...1000)
            var moment = VirtualInstant.start + random.duration(in: .seconds(5)...span)
            for _ in 0..<random.int(in: 2...6) {
                let text = random.element(of: Scenario.texts) ?? "hello"
                let isAside = random.chance(perMille: 500)
                steps.append(
                    Step(at: moment, action: isAside ? .aside(nth: nth, text: text) : .append(nth: nth, text: text)))
                moment = moment + random.duration(in: .zero...Duration.milliseconds(900))
            }
        }
    }

    mutating func drawPullsBeside(_ random: inout SplitMix64, _ span: Duration) {
        for _ in 0..<random.int(in: 3...8) {
            var moment = VirtualInstant.start + random.duration(in: .zero...span)
            for _ in 0..<random.int(in: 1...2) {
                let stopsAfter =
                    random.chance(perMille: 300) ? random.duration(in: .zero...Duration.seconds(5)) : nil
                let action = Action.pullBeside(isFull: random.chance(perMille: 500), stopsAfter: stopsAfter)
                steps.append(Step(at: moment, action: action))
                moment = moment + random.duration(in: .milliseconds(1)...Duration.milliseconds(300))
            }
        }
    }

    mutating func drawGivings(_ random: inout SplitMix64, _ span: Duration) {
        guard access.rotations.isEmpty, !steps.contains(where: { $0.action == .backUp }) else { return }
        access.identity = random.element(of: AccessPlan.Identity.allCases) ?? .notFound
        givings = (0..<random.int(in: 1...3)).map { _ in random.int(in: 3...150) }
        for minutes in [2, 4, 8, 12, 16, 24, 32] {
            steps.append(Step(at: .start + .seconds(minutes * 60), action: .adoptAs(.ours)))
        }
        adoptsByHand = true
    }

    mutating func drawClockSteps(_ random: inout SplitMix64, _ span: Duration) {
        clockJumps += (0..<random.int(in: 5...40)).map { _ in
            .init(
                at: .start + random.duration(in: .zero...span),
                by: random.duration(in: .milliseconds(-2000)...Duration.milliseconds(2000)))
        }
        clockJumps.sort { $0.at < $1.at }
    }
}
