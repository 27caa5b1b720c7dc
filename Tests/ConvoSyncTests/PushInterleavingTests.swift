import ConvoAPI
import ConvoModel
import ConvoStore
import SeededRandom
import Testing

@testable import ConvoSync

/// A push whose steps end in a random order and with random outcomes, while somebody wakes it again and again.
private struct RandomPush {
    private var machine: PushMachine
    private var chance: SplitMix64
    private var inFlight: [PushMachine.Step] = []
    private var open: [OutboxItem]

    init(seed: UInt64, _ mode: PushMachine.Mode, of items: [OutboxItem]) {
        chance = SplitMix64(seed: seed)
        machine = PushMachine(mode)
        open = Array(items.prefix(chance.int(in: 0...items.count)))
    }

    /// Runs the push to its end.
    ///
    /// - Returns: what is wrong; `nil` if it ended and never waited for nothing.
    mutating func run() -> String? {
        for _ in 0..<10_000 {
            switch machine.next(at: noon) {
            case .done: return inFlight.isEmpty ? nil : "it ends while steps are in flight"
            case .step(let step): inFlight.append(step)
            case .wait(let moment):
                if chance.chance(perMille: 200), !inFlight.isEmpty { machine.woken() }
                guard let index = inFlight.indices.randomElement(using: &chance) else {
                    return moment == nil ? "it waits for nothing" : nil
                }
                let step = inFlight.remove(at: index)
                machine.finished(step, outcome(of: step), at: noon)
            }
        }
        return "it does not end"
    }

    private mutating func outcome(of step: PushMachine.Step) -> PushMachine.Outcome {
        if chance.chance(perMille: 300) {
            let errors: [APIError] = [
                .unreachable, .lost, .portal, .status(503), .status(429), .status(404), .status(400),
            ]
            return .failed(.api(chance.element(of: errors) ?? .unreachable))
        }
        switch step {
        case .verify: return .verified
        case .load: return chance.chance(perMille: 20) ? .madeRoom : .loaded(open)
        case .prepare(let item):
            let outcomes: [PushMachine.Outcome] = [
                .prepared(nil), .prepared(item.base), .overtaken(nil, .hold), .unseen, .found(false),
            ]
            return chance.element(of: outcomes) ?? .unseen
        case .send(let item, _):
            open.removeAll { $0.id == item.id }
            return .sent(end: nil)
        case .confirm: return .confirmed(.present(nil), readSince: uptimeAtNoon)
        case .find: return .found(chance.chance(perMille: 500))
        case .settle(let item, let transition):
            if case .queued = transition {} else { open.removeAll { $0.id == item.id } }
            return .settled
        case .refresh: return .refreshed(end: nil)
        }
    }
}

@Suite struct `However the steps of a push interleave` {
    @Test(arguments: [PushMachine.Mode.once, .due])
    func `it ends, and waits only for a step or a moment`(mode: PushMachine.Mode) throws {
        let items = try appends(6)
        for seed in UInt64(0)..<2000 {
            var push = RandomPush(seed: seed, mode, of: items)
            let flaw = push.run()
            #expect(flaw == nil, "seed \(seed): \(flaw ?? "")")
        }
    }
}
