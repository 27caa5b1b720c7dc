import ConvoJSON
import ConvoModel
import ConvoSimulation
import Testing

extension SimulationReport: CustomTestStringConvertible {
    /// The violations, requests, turns, deletions and writes of the run, for the analysis of a seed.
    var testDescription: String {
        let requests = audit.records.map { record in
            let times = "\(record.sentAt - .start)..\(record.finishedAt - .start)"
            let subject = "\(record.request.name) \(record.request.conversation?.rawValue ?? "")"
            let fault = record.fault.map { " fault: \($0)" } ?? ""
            return "\(record.number) process \(record.sender) \(times) \(subject) "
                + "\(record.operation?.rawValue ?? "") \(record.outcome)\(fault)"
        }
        let committed = turns.map { turn in
            "\(turn.at - .start) \(turn.kind) \(turn.conversation) by \(turn.cause): \(turn.said)\(turn.stored ? "" : " (unstored)")"
        }
        let writes = outbox.map { item in
            "\(item.id) \(item.kind) in \(item.conversation), \(item.remoteID?.rawValue ?? "not there"): "
                + "\(item.inputs.map(\.text)) \(item.state) \(item.reason ?? "")"
        }
        let deleted = deletions.sorted { $0.value < $1.value }.map { "\($0.value - .start) deletion of \($0.key)" }
        return (violations.map(\.description) + requests + committed + deleted + writes).joined(separator: "\n")
    }
}
