import ConvoModel
import ConvoSimulation
import Foundation
import Testing

@Suite struct `The real engine in a simulated world` {
    /// `CONVO_SIMULATION_SEEDS` says how many.
    private static let seeds = ProcessInfo.processInfo.environment["CONVO_SIMULATION_SEEDS"].flatMap(Int.init) ?? 200
    private static let first = ProcessInfo.processInfo.environment["CONVO_SIMULATION_FIRST"].flatMap(Int.init) ?? 1

    @Test func `keeps every promise for every seed`() throws {
        var failing = 0
        for seed in Self.first..<Self.first + Self.seeds {
            let began = ContinuousClock.now
            let report = try Simulation(Scenario(drawnFrom: UInt64(seed))).run()
            let line =
                "seed \(seed) took \(ContinuousClock.now - began), lasted \(report.lasted), requests \(report.audit.records.count), points \(report.points), turns \(report.turns.count), violations \(report.violations.count)\n"
                + report.violations.prefix(5).map { "    \($0)\n" }.joined()
            FileHandle.standardError.write(Data(line.utf8))
            if ProcessInfo.processInfo.environment["CONVO_SIMULATION_TRACE"] != nil {
                for record in report.audit.records.suffix(400) {
                    let text =
                        "\(record.number) s\(record.sender) \(record.sentAt - .start)..\(record.finishedAt - .start) \(record.request.name) \(record.request.conversation?.rawValue ?? "") \(record.operation?.rawValue ?? "") \(record.outcome) \(record.fault.map { "\($0)" } ?? "")\n"
                    FileHandle.standardError.write(Data(text.utf8))
                }
                for turn in report.turns { FileHandle.standardError.write(Data("\(turn.at - .start) \(turn)\n".utf8)) }
                for item in report.outbox { FileHandle.standardError.write(Data("\(item)\n".utf8)) }
            }
            if !report.violations.isEmpty {
                failing += 1
            }
        }
        #expect(failing == 0)
    }
}
