import ConvoModel
import ConvoSimulation
import MistralEmulator
import SeededRandom

/// Draws that make it hard to find the conversation of a start whose answer was lost.
extension Scenario {
    mutating func drawEqualStarts(_ random: inout SplitMix64, _ span: Duration) {
        switches.metadataShown = .nowhere
        // Nothing is concluded from a list that is not seen whole.
        switches.ignoresPage = false
        others.steps.removeAll { if case .addOddRow = $0.action { true } else { false } }
        // Another writer's, and one of ours that shows that the server returns no metadata.
        others.steps.append(.init(at: .start + .seconds(1), .start(text: "hello")))
        steps.append(Step(at: .start + .seconds(2), action: .start(text: "again", isStored: true)))
        for _ in 0..<random.int(in: 1...3) {
            let first = VirtualInstant.start + random.duration(in: .seconds(20)...span)
            for number in 0..<random.int(in: 1...3) {
                let at = first + .seconds(number * random.int(in: 1...30))
                steps.append(Step(at: at, action: .start(text: "hello", isStored: true)))
                guard random.chance(perMille: 300) else { continue }
                others.steps.append(
                    .init(
                        at: at + random.duration(in: .seconds(5)...Duration.seconds(200)),
                        .delete(nth: random.int(in: 0...1))))
            }
        }
        loseAnswers(&random, perMille: 200)
    }

    mutating func drawHiddenMetadata(_ random: inout SplitMix64, _ span: Duration) {
        switches.metadataShown = random.element(of: [.notInList, .notInGet, .nowhere, .notOfBranches]) ?? .nowhere
        if switches.metadataShown == .notInGet { drawOtherStarts(&random, span) }
        guard switches.metadataShown == .notOfBranches else { return }
        steps += (0..<6).map { nth in
            Step(
                at: .start + random.duration(in: .zero...span),
                action: .restart(nth: nth, text: random.element(of: Scenario.texts) ?? "hello"))
        }
        loseAnswers(&random, perMille: 300)
    }

    /// Another writer says the same while our start is lost on its way; another of our starts shows what `get` hides.
    private mutating func drawOtherStarts(_ random: inout SplitMix64, _ span: Duration) {
        steps.append(Step(at: .start + .seconds(2), action: .start(text: "again", isStored: true)))
        for _ in 0..<3 {
            let at = VirtualInstant.start + random.duration(in: .seconds(20)...span)
            steps.append(Step(at: at, action: .start(text: "hello", isStored: true)))
            let theirs = at + random.duration(in: .seconds(5)...Duration.seconds(60))
            others.steps.append(.init(at: theirs, .start(text: "hello")))
        }
        faults.add(drawnFrom: &random, perMille: 200, requests: 150) { random in
            .requestLost(brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(5)))
        }
    }

    mutating func drawOddPages(_ random: inout SplitMix64, _ span: Duration) {
        switches.pageSizeLimit = min(switches.pageSizeLimit, random.int(in: 2...7))
        if random.chance(perMille: 700) {
            switches.metadataShown = random.element(of: [.notInList, .nowhere]) ?? .nowhere
        }
        // Either our own conversations cannot be read, or rows that cannot be ours stand before them.
        let hidesOurs = random.chance(perMille: 500)
        let row = hidesOurs ? random.element(of: Oddities.Row.allCases) ?? .old : .old
        let first = VirtualInstant.start + random.duration(in: .zero...span)
        // A sweep gives up after three pages in a row that it cannot read.
        for place in 0..<random.int(in: switches.pageSizeLimit...2 * switches.pageSizeLimit) {
            others.steps.append(.init(at: first, .addOddRow(row, place: place)))
        }
        for step in steps {
            guard case .start = step.action else { continue }
            others.steps += (0..<2).map { _ in
                let at = step.at + random.duration(in: .milliseconds(10)...Duration.seconds(30))
                return .init(at: at, .spoilRow(nth: 0, hidesOurs ? .withoutID : .unreadable))
            }
        }
        // The engine does not believe that many were deleted.
        for _ in 0..<random.int(in: 0...2) {
            let at = (random.element(of: steps)?.at ?? .start) + random.duration(in: .seconds(1)...Duration.seconds(60))
            others.steps.append(.init(at: at, .delete(nth: random.int(in: 0...3))))
        }
        loseAnswers(&random, perMille: 250)
    }

    mutating func drawFailingRuns(_ random: inout SplitMix64) {
        if random.chance(perMille: 800) { switches.api.historyWhileBusy = .tools }
        if random.chance(perMille: 700) { switches.api.newListed = .atArrival }
        // Each failure is in doubt for minutes, several times, and those in one conversation wait for each other.
        var failures = random.int(in: 2...5)
        steps = steps.map { step in
            guard random.chance(perMille: 500) else { return step }
            let fails = failures > 0 && random.chance(perMille: 600)
            if fails { failures -= 1 }
            let text = fails ? "sandbox:numbers sandbox:error=503" : "sandbox:numbers look"
            return switch step.action {
            case .start(_, let isStored): Step(at: step.at, action: .start(text: text, isStored: isStored))
            case .restart(let nth, _): Step(at: step.at, action: .restart(nth: nth, text: text))
            case .append(let nth, _): Step(at: step.at, action: .append(nth: nth, text: text))
            default: step
            }
        }
        faults.add(drawnFrom: &random, perMille: 350, requests: 150) { random in
            if random.chance(perMille: 280) {
                return .runRefused(takes: random.duration(in: .seconds(5)...Duration.seconds(90)))
            }
            let soon = random.duration(in: .milliseconds(10)...Duration.seconds(1))
            return random.chance(perMille: 500)
                ? .answerLost(brokenAfter: soon, lockHolds: random.duration(in: .zero...Duration.seconds(20)))
                : .slowRun(takes: random.duration(in: .seconds(5)...Duration.seconds(60)), brokenAfter: soon)
        }
    }

    private mutating func loseAnswers(_ random: inout SplitMix64, perMille: Int) {
        faults.add(drawnFrom: &random, perMille: perMille, requests: 150) { random in
            .answerLost(
                brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(5)),
                lockHolds: random.duration(in: .zero...Duration.seconds(20)))
        }
    }
}
