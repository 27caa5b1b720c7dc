import ConvoSimulation
import ConvoSync
import MistralEmulator
import SeededRandom

/// What a server, a network and other clients add to a seed.
extension Scenario {
    mutating func drawFaults(_ draw: Draw, _ random: inout SplitMix64) {
        let soon = Duration.milliseconds(10)...Duration.seconds(12)
        let spell = Duration.seconds(5)...Duration.seconds(300)
        let rate = draw == .foreignAnswers ? 120 : 60
        faults.add(drawnFrom: &random, perMille: rate, requests: 250) { random in
            switch draw {
            case .foreignAnswers:
                let answer = random.element(of: ForeignAnswer.allCases) ?? .redirect
                let reach = random.element(of: Reach.allCases) ?? .everything
                return random.chance(perMille: 500)
                    ? .foreignAnswer(answer) : .portal(answer, to: reach, lasts: random.duration(in: spell))
            case .noRoute: return .noRoute(lasts: random.duration(in: spell))
            case .refusedTurns: return random.chance(perMille: 500) ? .notInPlan : .agentGone
            case .staleReads:
                return .staleReads(
                    random.element(of: StaleReads.allCases) ?? .both,
                    by: random.duration(in: .seconds(2)...Duration.seconds(175)), lasts: random.duration(in: spell))
            case .slowRuns:
                return .slowRun(
                    takes: random.duration(in: .seconds(130)...Duration.seconds(595)),
                    brokenAfter: random.duration(in: soon))
            default:
                return .rateLimited(retryAfter: random.duration(in: .seconds(60)...Duration.seconds(900)))
            }
        }
        if draw == .slowRuns { switches.lockLimit = ServerSwitches.slowLockLimit }
    }

    mutating func drawOthers(_ draw: Draw, _ random: inout SplitMix64, _ span: Duration) {
        func moment() -> VirtualInstant { .start + random.duration(in: .zero...span) }
        func nth() -> Int { random.int(in: 0...1000) }
        switch draw {
        case .oddItems:
            let row = random.element(of: Oddities.Row.allCases) ?? .withoutID
            others.steps.append(.init(at: moment(), .addOddRow(row, place: random.int(in: 0...5))))
            others.steps += (0..<2).map { _ in
                let form = random.element(of: Oddities.Form.allCases) ?? .withoutUpdate
                return .init(at: moment(), .spoilRow(nth: nth(), form))
            }
            others.steps += (0..<3).map { _ in
                let kind = random.element(of: OddElement.Kind.allCases) ?? .withoutType
                return .init(at: moment(), .addOddElement(kind, nth: nth(), place: random.int(in: 0...3)))
            }
        case .oversizedHistories:
            others.steps += (0..<4).map { .init(at: .start + .seconds(20 + $0), .start(text: "hello")) }
            others.steps += (0..<3).map { .init(at: .start + .seconds(60 + $0 * 10), .setOversized(nth: nth(), true)) }
            let later = VirtualInstant.start + span + random.duration(in: .zero...span)
            if random.chance(perMille: 500) { others.steps.append(.init(at: later, .shrinkAll)) }
        case .disappearance:
            let gone = VirtualInstant.start + .seconds(random.int(in: 100...500))
            others.steps.append(.init(at: .start + .seconds(5), .startMany(text: "hello", count: 30)))
            if random.chance(perMille: 700) {
                if random.chance(perMille: 500) {
                    others.steps.append(.init(at: gone + .seconds(-20), .deleteMany(count: random.int(in: 1...5))))
                }
                if random.chance(perMille: 500) {  // the next pull finds that many conversations to read
                    others.steps += (0..<20).map { .init(at: gone + .seconds(-10), .append(nth: $0, text: "again")) }
                }
                let rest = random.int(in: 0...5)
                let alsoInList = random.chance(perMille: 700)
                var shown = gone + .seconds(random.int(in: 10...900))
                let denial: OtherWriter.Denial = random.chance(perMille: 250) ? .forbidden : .notFound
                func hide(butNewest count: Int) -> OtherWriter.Action {
                    .hideAll(butNewest: count, alsoInList: alsoInList, denial: denial)
                }
                if random.chance(perMille: 350) {  // hides a few more from one full pull to the next
                    others.steps += (0..<6).map { portion in
                        .init(at: gone + .seconds(250 * portion), hide(butNewest: 40 - 6 * portion))
                    }
                    shown = gone + .seconds(1750)
                } else {
                    others.steps.append(.init(at: gone, hide(butNewest: rest)))
                }
                others.steps.append(.init(at: shown, .showAll))
            } else {
                others.steps.append(.init(at: gone, .deleteMany(count: random.int(in: 15...28))))
                steps.append(Step(at: gone + .seconds(random.int(in: 1...500)), action: .acceptDeletions))
            }
        case .busyAccount:
            switches.pageSizeLimit = min(switches.pageSizeLimit, 7)
            for step in steps {
                if case .start = step.action {
                    others.steps.append(
                        .init(
                            at: step.at + random.duration(in: .milliseconds(500)...Duration.seconds(60)),
                            .startMany(text: "hello", count: random.int(in: 8...16))))
                    others.steps.append(
                        .init(
                            at: step.at + random.duration(in: .seconds(60)...Duration.seconds(900)), .delete(nth: nth())
                        ))
                }
            }
        default:
            others.steps += [
                .init(at: .start + .seconds(3), .start(text: "caf\u{E9}")),
                .init(at: moment(), .respellEntry(nth: nth(), entry: nth())),
                .init(at: moment(), .respellEntry(nth: nth(), entry: nth())),
                .init(at: moment(), .respellName(nth: nth())), .init(at: moment(), .respellName(nth: nth())),
            ]
        }
    }
    /// Adds first turns that last, of others and of our own, which the server shows as far as they are.
    mutating func drawAnnouncements(_ random: inout SplitMix64, _ span: Duration) {
        let text = "sandbox:announce hello"
        switches.api.historyWhileBusy = .tools
        switches.api.newListed = .atArrival
        others.steps += (0..<random.int(in: 2...6)).map { _ in
            let lasts = random.duration(in: .seconds(5)...Duration.seconds(500))
            return .init(
                at: .start + random.duration(in: .zero...span), .startWithTool(text: text, lasting: lasts))
        }
        steps = steps.map { step in
            guard random.chance(perMille: 500) else { return step }
            return switch step.action {
            case .start(_, let isStored): Step(at: step.at, action: .start(text: text, isStored: isStored))
            case .startStreaming(_, let notifies, let stopsAfter):
                Step(at: step.at, action: .startStreaming(text: text, notifies: notifies, stopsAfter: stopsAfter))
            default: step
            }
        }
    }
}
