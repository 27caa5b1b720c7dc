import ConvoModel
import ConvoSimulation
import Foundation
import SeededRandom
import Testing

@Suite struct `The endpoint in a simulated world` {
    /// `CONVO_SIMULATION_SEEDS` says how many seeds run, `CONVO_SIMULATION_FIRST` which is the first.
    private static let seeds = setting("CONVO_SIMULATION_SEEDS") ?? 40
    private static let first = setting("CONVO_SIMULATION_FIRST") ?? 1

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }

    /// Programs that try again stand before the endpoint; answers are lost on both sides of it, its process dies, and people and
    /// other writers use the same conversations.
    @Test(arguments: 0..<2) func `makes no request of a program twice, and loses none`(strand: Int) throws {
        var told: [String: Int] = [:]
        for seed in stride(from: Self.first + strand, to: Self.first + Self.seeds, by: 2) {
            let scenario = Scenario(withProgramsDrawnFrom: UInt64(seed))
            let simulation = try Simulation(scenario)
            let report = try simulation.run()
            let found = (report.violations + simulation.programViolations(report)).prefix(3)
            #expect(found.isEmpty, "seed \(seed): \(found.map(\.description).joined(separator: "; "))")
            if !found.isEmpty, Self.seeds < 3 {
                print("lasted \(report.lasted), \(scenario.clockJumps), \(scenario.deaths)\n\(report.testDescription)")
                for program in simulation.programs { print(program.plan, program.told, program.isDone) }
            }
            for program in simulation.programs {
                for one in program.told.values {
                    told[one == .nothing ? "nothing" : "\("\(one)".prefix { $0 != "(" })", default: 0] += 1
                }
            }
        }
        print("the programs were told: \(told.sorted { $0.key < $1.key })")
    }
}

extension Scenario {
    /// Draws a run in which programs use the endpoint; in every second one, the server fails often.
    init(withProgramsDrawnFrom seed: UInt64) {
        self.init(drawnFrom: seed, withHands: false, drawing: [])
        programs = (0..<3).map { ProgramPlan(drawnFrom: seed * 10 + $0) }
        switch seed / 2 % 4 {
        case 0: letServerFail(perMille: 300) { random in random.element(of: [500, 502, 503, 504]) ?? 503 }
        case 2: letServerFail(perMille: 450) { random in random.element(of: [502, 503]) ?? 503 }
        default: break
        }
    }

    /// Lets the server fail, in ways that tell a client that nothing came of its request, whether that is true or not.
    ///
    /// A write that a gateway has refused is in doubt until it is proved absent, and is sent again then; what the API says itself is
    /// believed after one look.
    private mutating func letServerFail(perMille: Int, _ status: (inout SplitMix64) -> Int) {
        var random = SplitMix64(seed: seed ^ 0x6661_696c)
        faults.add(drawnFrom: &random, perMille: perMille, requests: 250) { random in
            switch random.int(in: 0...3) {
            case 0: return .errorBefore(status: status(&random))
            case 1: return .errorAfter(status: status(&random))
            case 2: return .requestLost(brokenAfter: random.duration(in: .milliseconds(10)...Duration.seconds(2)))
            default: return .errorBefore(status: 502)
            }
        }
    }
}

extension Simulation {
    /// What is wrong with the programs' requests, from the server's side: each that succeeded is there once, and none twice.
    func programViolations(_ report: SimulationReport) -> [Violation] {
        let calls = Dictionary(
            report.audit.records.compactMap { record in record.operation.map { (record.number, $0) } },
            uniquingKeysWith: { first, _ in first })
        var turns: [OperationID: Int] = [:]
        // The start of a conversation that was deleted before anybody read it looks like one that never arrived: it is sent again.
        let deleted = Set(world.server.deleted)
        for turn in report.turns where turn.answered && !deleted.contains(turn.conversation) {
            if let call = turn.cause.call, let write = calls[call] { turns[write, default: 0] += 1 }
        }
        var violations: [Violation] = []
        for program in programs {
            for (number, told) in program.told {
                let writes = person.writes(of: number)
                let count = writes.map { turns[$0] ?? 0 }.reduce(0, +)
                if count > 1 { violations.add(.repeatedWrite, "request \(number) is there \(count) times: \(writes)") }
                guard case .success(let id?) = told, !writes.contains(id) else { continue }
                violations.add(.lostWrite, "request \(number) succeeded as \(id), which is none of its writes")
            }
        }
        return violations
    }
}
