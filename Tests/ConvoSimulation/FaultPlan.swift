package import SeededRandom

/// Which requests go wrong, and how: data, so that a run can be printed, repeated and made smaller.
package struct FaultPlan: Hashable, Sendable {
    /// By the request's number, from 1.
    package var faults: [Int: Fault]

    package init(_ faults: [Int: Fault] = [:]) { self.faults = faults }

    /// Faults for about `perMille` of the first `requests` requests; those after them go well, so that every
    /// simulation comes to rest.
    package init(drawnFrom random: inout SplitMix64, perMille: Int, requests: Int) {
        faults = [:]
        guard requests > 0 else { return }
        for number in 1...requests where random.chance(perMille: perMille) {
            faults[number] = Fault.drawn(from: &random)
        }
    }

    /// Adds one for about `perMille` of the requests that have none.
    package mutating func add(
        drawnFrom random: inout SplitMix64, perMille: Int, requests: Int, _ draw: (inout SplitMix64) -> Fault
    ) {
        guard requests > 0 else { return }
        for number in 1...requests where random.chance(perMille: perMille) && faults[number] == nil {
            faults[number] = draw(&random)
        }
    }

    package subscript(number: Int) -> Fault? { faults[number] }
}
