// What several loops over seeds count with.

import ConvoSimulation

/// Counts what happened in many runs, to show how much they have tested.
struct Tally: CustomStringConvertible {
    private var seeds = 0
    private var requests = 0
    private var turns = 0
    private var lasted = Duration.zero
    private var faults: [String: Int] = [:]

    mutating func count(_ report: SimulationReport) {
        seeds += 1
        requests += report.audit.records.count
        turns += report.turns.count
        lasted += report.lasted
        for fault in report.audit.faultCounts { faults[fault.name, default: 0] += fault.count }
    }

    var description: String {
        let hours = lasted.components.seconds / 3600
        let injected = ExchangeFault.names.map { "\($0) \(faults[$0] ?? 0)" }.joined(separator: ", ")
        return "\(seeds) seeds, \(hours) simulated hours, \(requests) requests, \(turns) turns; faults: \(injected)"
    }
}
