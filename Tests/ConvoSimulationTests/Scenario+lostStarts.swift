import ConvoModel
import ConvoSimulation
import SeededRandom

/// What makes a start hard to find whose answer was lost.
extension Scenario {
    mutating func drawEqualStarts(_ random: inout SplitMix64, _ span: Duration) {
        switches.metadataShown = .nowhere
        // Another writer's, and one of ours that shows that the server returns no metadata.
        others.steps.append(.init(at: .start + .seconds(1), .start(text: "hello")))
        steps.append(Step(at: .start + .seconds(2), action: .start(text: "again", isStored: true)))
        for _ in 0..<random.int(in: 1...3) {
            let first = VirtualInstant.start + random.duration(in: .seconds(20)...span)
            for number in 0..<random.int(in: 1...3) {
                let at = first + .seconds(number * random.int(in: 1...30))
                steps.append(Step(at: at, action: .start(text: "hello", isStored: true)))
                guard random.chance(perMille: 600) else { continue }
                others.steps.append(
                    .init(
                        at: at + random.duration(in: .seconds(2)...Duration.seconds(60)),
                        .delete(nth: random.int(in: 0...1))))
            }
        }
        faults.add(drawnFrom: &random, perMille: 200, requests: 150) { random in
            .answerLost(
                brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(5)),
                lockHolds: random.duration(in: .zero...Duration.seconds(20)))
        }
    }

    mutating func drawOddPages(_ random: inout SplitMix64, _ span: Duration) {
        switches.pageSizeLimit = min(switches.pageSizeLimit, random.int(in: 2...7))
        if random.chance(perMille: 700) {
            switches.metadataShown = random.element(of: [.notInList, .nowhere]) ?? .nowhere
        }
        let row = random.chance(perMille: 500) ? Oddities.Row.old : random.element(of: Oddities.Row.allCases) ?? .old
        let first = VirtualInstant.start + random.duration(in: .zero...span)
        // A reader gives up after three pages in a row that it cannot read.
        for place in 0..<random.int(in: 0...3 * switches.pageSizeLimit - 1) {
            others.steps.append(.init(at: first, .addOddRow(row, place: place)))
        }
        for step in steps {
            guard case .start = step.action else { continue }
            for _ in 0..<3 {
                let at = step.at + random.duration(in: .milliseconds(10)...Duration.seconds(30))
                others.steps.append(
                    .init(at: at, random.chance(perMille: 700) ? .spoilRow(nth: 0, .unreadable) : .delete(nth: 0)))
            }
        }
        faults.add(drawnFrom: &random, perMille: 250, requests: 150) { random in
            .answerLost(
                brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(5)),
                lockHolds: random.duration(in: .zero...Duration.seconds(20)))
        }
    }
}
